"""Complication probability of a plan, or between two plans, with a published parameter set.

Assumptions and limits: those of `popmargin.outcomes.complication`. The band is the range over the
box of the set's published 95 % limits (parameters are taken as free of each other because their
correlation is not published, so it is wide); where a set has no limits there is no band, and the
result says why. The same parameters are used for both plans of a difference, so most of the
uncertainty of the level cancels.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.exceptions import RefusedInput
from popmargin.outcomes.complication import linear_logistic_probability, lkb_probability
from popmargin.outcomes.complication_sets import (
    ComplicationSet,
    LkbSet,
    check_lkb_set,
)
from popmargin.outcomes.dose_volume import check_dose_volume, generalised_eud_gy, mean_dose_gy
from popmargin.outcomes.fractionation import equivalent_dose_2gy

# Values of each parameter across its limits, ends included.
_GRID: Final = 5


@dataclass(frozen=True, slots=True)
class Complication:
    """Complication probability; the limits are None where the set has no published limits."""

    label: str
    organ: str
    endpoint: str
    ntcp: float
    ntcp_low: float | None
    ntcp_high: float | None
    status: str
    source: str
    assumptions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ComplicationDifference:
    """New plan minus reference plan; below 0 the new plan is the gentler one."""

    label: str
    organ: str
    endpoint: str
    difference: float
    difference_low: float | None
    difference_high: float | None
    ntcp_reference: float
    ntcp_new: float
    status: str
    source: str
    assumptions: tuple[str, ...]


def complication(
    dose_gy: ArrayLike,
    volume_fraction: ArrayLike,
    parameters: ComplicationSet,
    *,
    fractions: float | None = None,
) -> Complication:
    """Complication probability of one plan.

    Parameters
    ----------
    dose_gy, volume_fraction : differential histogram of the organ (`check_dose_volume`).
    parameters : a set of `complication_set`, or one's own with its source.
    fractions : number of fractions, to turn physical dose into 2 Gy equivalents with the set's
        alpha/beta; None: the doses are 2 Gy equivalents already.

    Raises
    ------
    OutOfRange, RefusedInput
        When the histogram is out of range, the set is mixed, or it has no alpha/beta to convert.

    Examples
    --------
    >>> from popmargin.outcomes.complication_sets import complication_set
    >>> result = complication([60], [1], complication_set("rectum_quantec"))
    >>> round(result.ntcp, 3), round(result.ntcp_low, 3), round(result.ntcp_high, 3)
    (0.045, 0.006, 0.137)
    """
    dose, volume = _equivalent(dose_gy, volume_fraction, parameters, fractions)
    values = [_probability(dose, volume, member) for member in _box(parameters)]
    banded = len(values) > 1
    return Complication(
        label=parameters.label,
        organ=parameters.organ,
        endpoint=parameters.endpoint,
        ntcp=_probability(dose, volume, parameters),
        ntcp_low=min(values) if banded else None,
        ntcp_high=max(values) if banded else None,
        status=parameters.status,
        source=parameters.source,
        assumptions=_assumptions(parameters, fractions, banded=banded),
    )


def complication_difference(
    reference: tuple[ArrayLike, ArrayLike],
    new: tuple[ArrayLike, ArrayLike],
    parameters: ComplicationSet,
    *,
    fractions: float | None = None,
) -> ComplicationDifference:
    """Complication probability of a new plan minus that of a reference plan.

    Parameters
    ----------
    reference, new : (dose_gy, volume_fraction) of each plan, differential.
    parameters, fractions : as in `complication`.

    Raises
    ------
    OutOfRange, RefusedInput
        As `complication`.

    Examples
    --------
    >>> from popmargin.outcomes.complication_sets import complication_set
    >>> change = complication_difference(([26], [1]), ([20], [1]), complication_set(
    ...     "parotid_dijkema"))
    >>> round(change.difference, 3), change.difference_low
    (-0.086, None)
    """
    plans = [_equivalent(*plan, parameters, fractions) for plan in (reference, new)]
    before, after = (_probability(*plan, parameters) for plan in plans)
    changes = [
        _probability(*plans[1], member) - _probability(*plans[0], member)
        for member in _box(parameters)
    ]
    banded = len(changes) > 1
    return ComplicationDifference(
        label=parameters.label,
        organ=parameters.organ,
        endpoint=parameters.endpoint,
        difference=after - before,
        difference_low=min(changes) if banded else None,
        difference_high=max(changes) if banded else None,
        ntcp_reference=before,
        ntcp_new=after,
        status=parameters.status,
        source=parameters.source,
        assumptions=_assumptions(parameters, fractions, banded=banded),
    )


def _equivalent(
    dose_gy: ArrayLike,
    volume_fraction: ArrayLike,
    parameters: ComplicationSet,
    fractions: float | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Checked histogram in 2 Gy equivalents."""
    if isinstance(parameters, LkbSet):
        check_lkb_set(parameters)
    dose, volume = check_dose_volume(dose_gy, volume_fraction)
    if fractions is None:
        return dose, volume
    if parameters.alpha_beta_gy is None:
        raise RefusedInput(
            f"parameter set {parameters.label}",
            "an alpha/beta to convert physical dose",
            "none",
            "give 2 Gy equivalent doses and no fractions",
        )
    converted = equivalent_dose_2gy(
        dose, fractions=fractions, alpha_beta_gy=parameters.alpha_beta_gy
    )
    return converted, volume


def _probability(
    dose: NDArray[np.float64], volume: NDArray[np.float64], parameters: ComplicationSet
) -> float:
    """Probability with one member of the parameter box."""
    if isinstance(parameters, LkbSet):
        eud = generalised_eud_gy(dose, volume, exponent=1.0 / parameters.n)
        return lkb_probability(eud, td50_gy=parameters.td50_gy, m=parameters.m)
    return linear_logistic_probability(
        mean_dose_gy(dose, volume),
        intercept=parameters.intercept,
        slope_per_gy=parameters.slope_per_gy,
    )


def _box(parameters: ComplicationSet) -> Iterator[ComplicationSet]:
    """Members of the box of published limits; the set alone when it has none."""
    if not isinstance(parameters, LkbSet):
        yield parameters
        return
    for n, m, td50 in product(
        _across(parameters.n, parameters.n_low, parameters.n_high),
        _across(parameters.m, parameters.m_low, parameters.m_high),
        _across(parameters.td50_gy, parameters.td50_low_gy, parameters.td50_high_gy),
    ):
        yield replace(parameters, n=n, m=m, td50_gy=td50)


def _across(value: float, low: float | None, high: float | None) -> list[float]:
    """Values from limit to limit, the central one among them; without limits that one alone."""
    if low is None or high is None:
        return [value]
    return sorted({value, *np.linspace(low, high, _GRID).tolist()})


def _assumptions(
    parameters: ComplicationSet, fractions: float | None, *, banded: bool
) -> tuple[str, ...]:
    """What a reader of the result must know."""
    dose = (
        "doses taken as 2 Gy equivalents"
        if fractions is None
        else f"physical dose in {fractions:g} equal fractions turned into 2 Gy equivalents with "
        f"alpha/beta {parameters.alpha_beta_gy:g} Gy"
    )
    band = (
        "band: range over the box of the published 95 % limits"
        if banded
        else "no band: the set has no published limits here"
    )
    return (
        f"parameter set {parameters.label}: {parameters.status}",
        f"dose convention of the set: {parameters.dose_convention}",
        dose,
        band,
    )
