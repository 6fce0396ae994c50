"""Money: one currency at one price year, annuities and present values.

Assumptions: payments at the end of each year. Limits: nothing is converted here: amounts of
another currency or price year are refused, because the rate and the index are choices of the
reader.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.burden.record import MONEY, Record
from popmargin.core.checks import non_negative, positive
from popmargin.core.exceptions import RefusedInput


def one_money(records: Iterable[Record]) -> tuple[str, int] | None:
    """Currency and price year that all amounts share; ``None`` where there is no amount above 0.

    An amount of 0 is 0 in every currency and is not looked at.

    Raises
    ------
    RefusedInput
        Naming the key, when amounts of two currencies or price years meet.

    Examples
    --------
    >>> one_money([Record("a.capital_cost", 1, 2, 3, "EUR", "offer", "site", "gamma", "EUR", 2024)])
    ('EUR', 2024)
    """
    first: Record | None = None
    for record in records:
        if record.unit not in MONEY or record.high == 0:
            continue
        if first is None:
            first = record
        elif (record.currency, record.price_year) != (first.currency, first.price_year):
            raise RefusedInput(
                record.key,
                f"{first.currency} of {first.price_year} as {first.key}",
                f"{record.currency} of {record.price_year}",
                "convert it yourself, and name the rate and index in its source",
            )
    return (str(first.currency), int(first.price_year or 0)) if first else None


def annuity_factor(rate: ArrayLike, years: ArrayLike) -> NDArray[np.float64]:
    """Share of a capital cost that each year of its life carries, interest included.

    Parameters
    ----------
    rate : discount rate per year, >= 0; years : life of the equipment, > 0.

    Returns
    -------
    Shape of the broadcast arguments, 1/year: ``r / (1 - (1 + r)**-n)``, ``1 / n`` where r is 0.

    Raises
    ------
    OutOfRange
        When a rate is negative or a life is not positive.

    Notes
    -----
    Source: Drummond MF et al., Methods for the Economic Evaluation of Health Care Programmes
    [recalled].

    Examples
    --------
    >>> round(float(annuity_factor(0.035, 10)), 5)
    0.12024
    """
    r, n = np.broadcast_arrays(non_negative("rate", rate), positive("years", years))
    safe = np.where(r > 0, r, 1.0)
    return np.asarray(np.where(r > 0, safe / -np.expm1(-n * np.log1p(safe)), 1.0 / n))


def discount_factor(rate: ArrayLike, years: ArrayLike) -> NDArray[np.float64]:
    """What an amount so many years from now is worth today: ``(1 + r)**-years``.

    Parameters: discount rate per year and years, both >= 0 (`OutOfRange` else).

    >>> round(float(discount_factor(0.035, 2)), 4)
    0.9335
    """
    r, n = np.broadcast_arrays(non_negative("rate", rate), non_negative("years", years))
    return np.asarray((1.0 + r) ** -n)


def present_value(amounts: Sequence[float], rate: float, *, first_year: float = 0.0) -> float:
    """Present value of yearly amounts, the first of them ``first_year`` years from now.

    Parameters
    ----------
    amounts : money, any sign; rate : discount rate per year, >= 0; first_year : >= 0.

    Raises
    ------
    OutOfRange
        When the rate or the first year is negative.

    Examples
    --------
    >>> round(present_value([100, 100], 0.05), 2)
    195.24
    """
    r = float(non_negative("rate", rate))
    start = float(non_negative("first_year", first_year))
    return float(sum(a / (1.0 + r) ** (start + year) for year, a in enumerate(amounts)))
