"""Time-driven activity-based costing of imaging: what an image and a course of them cost.

Assumptions: every resource costs its yearly cost over its practical minutes or fractions; unused
capacity is charged to nobody. ``full`` counts staff, the machine's minutes, consumables, and the
imaging device (annuity, maintenance, quality assurance, training) over the fractions that a
machine treats in a year. ``marginal`` is the cost while machine and device have spare capacity:
staff minutes and consumables. Limits: no revenue, no building, no transport of patients.

Source: Kaplan RS, Anderson SR, Harv Bus Rev 2004;82:131 [recalled]; TDABC of MR-guided
radiotherapy, PMC8525878 (rate = annual cost / annual minutes; device = annualised price +
maintenance).
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.burden.defaults import PROFESSIONS
from popmargin.burden.money import annuity_factor
from popmargin.core.checks import non_negative, positive

Floats = NDArray[np.float64]
Values = Mapping[str, Floats]
_MONTHS: Final = 12
_MINUTES_PER_HOUR: Final = 60


def capacity_rate(cost_per_year: ArrayLike, practical_minutes: ArrayLike) -> Floats:
    """Money per minute of a resource: its yearly cost over its practical minutes of a year.

    Parameters
    ----------
    cost_per_year : money, >= 0; practical_minutes : minutes a year that can be used, > 0.

    Raises
    ------
    OutOfRange
        When a value is out of range.

    Examples
    --------
    >>> float(capacity_rate(54000, 90000))
    0.6
    """
    minutes = positive("practical_minutes", practical_minutes)
    return np.asarray(non_negative("cost_per_year", cost_per_year) / minutes)


def capital_charge_per_fraction(
    capital_cost: ArrayLike,
    maintenance_share: ArrayLike,
    *,
    discount_rate: ArrayLike,
    lifetime_years: ArrayLike,
    fractions_per_year: ArrayLike,
) -> Floats:
    """Annuity and maintenance of a device, per fraction of the machine that it stands at.

    Parameters
    ----------
    capital_cost : money, >= 0; maintenance_share : of the capital cost a year, >= 0;
    discount_rate : per year, >= 0; lifetime_years, fractions_per_year : > 0.

    Raises
    ------
    OutOfRange
        When a value is out of range.

    Examples
    --------
    >>> round(float(capital_charge_per_fraction(200e3, 0.1, discount_rate=0.035,
    ...     lifetime_years=10, fractions_per_year=7936)), 1)
    5.6
    """
    share = annuity_factor(discount_rate, lifetime_years) + non_negative(
        "maintenance_share", maintenance_share
    )
    capital = non_negative("capital_cost", capital_cost)
    return np.asarray(capital * share / positive("fractions_per_year", fractions_per_year))


def cost_keys(modality: str) -> tuple[str, ...]:
    """Keys of the records that the cost of an image of this modality needs, built up.

    >>> "kv_cbct.capital_cost" in cost_keys("kv_cbct")
    True
    """
    own = ("added_minutes", *(f"{who}_minutes" for who in PROFESSIONS), "qa_hours_per_month")
    device = ("training_hours", "capital_cost", "maintenance_share", "consumable_cost")
    staff = [f"{who}_{what}_per_year" for who in PROFESSIONS for what in ("cost", "minutes")]
    site = ("machine_cost_per_year", "machine_minutes_per_year", "fractions_per_year")
    more = ("discount_rate", "lifetime_years", "rtt_count")
    return (
        *(f"{modality}.{name}" for name in (*own, *device)),
        *(f"site.{name}" for name in (*staff, *site, *more)),
    )


def cost_per_image(values: Values, modality: str) -> dict[str, Floats]:
    """Cost of an image from its records: by part, ``marginal`` and ``full``.

    Parameters
    ----------
    values : the records of `cost_keys`, as one number or (draws,), in one currency. With
        ``<modality>.cost_per_image`` that measured cost stands in place of the built-up one.
    modality : name of the modality.

    Returns
    -------
    ``staff``, ``machine``, ``device`` (annuity, maintenance, quality assurance, training),
    ``marginal`` and ``full``, money per image.

    Examples
    --------
    >>> parts = cost_per_image({"kv_cbct.cost_per_image": np.array(30.0)}, "kv_cbct")
    >>> float(parts["full"]), float(parts["marginal"])
    (30.0, 30.0)
    """
    stated = values.get(f"{modality}.cost_per_image")
    if stated is not None:
        return {"full": stated, "marginal": stated}

    def own(name: str) -> Floats:
        return values[f"{modality}.{name}"]

    def site(name: str) -> Floats:
        return values[f"site.{name}"]

    rates = {
        who: capacity_rate(site(f"{who}_cost_per_year"), site(f"{who}_minutes_per_year"))
        for who in PROFESSIONS
    }
    staff = np.asarray(sum(own(f"{who}_minutes") * rates[who] for who in PROFESSIONS))
    room = capacity_rate(site("machine_cost_per_year"), site("machine_minutes_per_year"))
    machine = own("added_minutes") * room
    assurance = own("qa_hours_per_month") * _MONTHS * _MINUTES_PER_HOUR * rates["physicist"]
    training = own("training_hours") * site("rtt_count") * _MINUTES_PER_HOUR * rates["rtt"]
    yearly = assurance + training / site("lifetime_years")
    device = yearly / site("fractions_per_year") + capital_charge_per_fraction(
        own("capital_cost"),
        own("maintenance_share"),
        discount_rate=site("discount_rate"),
        lifetime_years=site("lifetime_years"),
        fractions_per_year=site("fractions_per_year"),
    )
    return {
        "staff": staff,
        "machine": machine,
        "device": device,
        "marginal": staff,
        "full": staff + machine + device,
    }


def cost_per_extra_image(cost_difference: float, extra_images: float) -> float:
    """Cost of one more image from two published courses: money per image.

    Parameters: ``cost_difference`` money, any sign; ``extra_images`` > 0 (`OutOfRange` else).

    >>> round(cost_per_extra_image(847, 26), 1), round(cost_per_extra_image(847, 30), 1)
    (32.6, 28.2)
    """
    return cost_difference / float(positive("extra_images", extra_images))
