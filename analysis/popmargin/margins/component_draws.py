"""Draws of the SDs of declared components, put together with those of the data.

A component whose SD was itself estimated from a sample (``degrees_of_freedom`` f) is drawn as
s * sqrt(f / chi-square_f), the fiducial distribution of an SD with that many degrees of freedom;
one without is taken as known. Draws are evenly spaced quantiles in an order of their own, so that
components, axes and data are independent.

Assumes normal errors behind each SD. Limits: an SD that is only believed carries no interval here,
however uncertain it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import non_negative
from popmargin.core.flags import Flag
from popmargin.core.random_streams import random_stream
from popmargin.margins.error_budget import ErrorComponent, combine_components


def component_draws(
    component: ErrorComponent, axis: str, count: int, *, seed: int = 1
) -> NDArray[np.float64]:
    """Draws of a component's SD along an axis in mm, shape (count,).

    Parameters: component, one of lr, si, ap, number of draws >= 1, seed >= 0.

    >>> part = ErrorComponent("delineation", "systematic", 2, 2, 2, "study", 9)
    >>> draws = component_draws(part, "lr", 1001)
    >>> [round(float(q), 2) for q in np.quantile(draws, [0.025, 0.5, 0.975])]
    [1.38, 2.08, 3.64]
    """
    value = component.value(axis)
    if component.degrees_of_freedom is None or value == 0.0:
        return np.full(count, value)
    from scipy.special import gammaincinv

    names = (component.component, component.kind, axis)
    order = random_stream(seed, "draws of a component", *names).permutation(count)
    freedom = component.degrees_of_freedom
    chi_square = 2.0 * gammaincinv(0.5 * freedom, (order + 0.5) / count)
    return np.asarray(value * np.sqrt(freedom / chi_square))


@dataclass(frozen=True, slots=True, eq=False)
class WholeErrors:
    """Errors of the data and of declared components along one axis, with their draws, in mm."""

    systematic_sd_mm: float
    random_sd_mm: float
    offset_mm: float
    systematic_draws_mm: NDArray[np.float64]
    random_draws_mm: NDArray[np.float64]


def add_components(
    systematic_sd_mm: float,
    random_sd_mm: float,
    components: Sequence[ErrorComponent],
    axis: str,
    *,
    systematic_draws_mm: ArrayLike,
    random_draws_mm: ArrayLike,
    seed: int = 1,
) -> WholeErrors:
    """Errors of the data together with the declared components: variances add, offsets add.

    Parameters
    ----------
    systematic_sd_mm, random_sd_mm : SDs of the data in mm, >= 0.
    components : declared components; none leaves the data as they are.
    axis : one of lr, si, ap.
    systematic_draws_mm, random_draws_mm : paired draws of the data's SDs, shape (draws,).
    seed : of the components' draws.

    Raises
    ------
    OutOfRange
        For a negative or non-finite SD.

    Examples
    --------
    >>> part = ErrorComponent("delineation", "systematic", 4, 4, 4, "study")
    >>> whole = add_components(
    ...     3.0, 2.0, [part], "ap", systematic_draws_mm=[3.0, 3.0], random_draws_mm=[2.0, 2.0])
    >>> whole.systematic_sd_mm, whole.systematic_draws_mm.tolist(), whole.random_sd_mm
    (5.0, [5.0, 5.0], 2.0)
    """
    declared = combine_components(components, axis)
    drawn = {
        "systematic": non_negative("systematic_draws_mm", systematic_draws_mm),
        "random": non_negative("random_draws_mm", random_draws_mm),
    }
    for kind, data in drawn.items():
        for part in components:
            if part.kind == kind and part.part_of is None:
                data = np.hypot(data, component_draws(part, axis, data.size, seed=seed))
        drawn[kind] = data
    return WholeErrors(
        float(np.hypot(systematic_sd_mm, declared.systematic_sd_mm)),
        float(np.hypot(random_sd_mm, declared.random_sd_mm)),
        declared.offset_mm,
        drawn["systematic"],
        drawn["random"],
    )


def known_remarks(components: Sequence[ErrorComponent]) -> list[Flag]:
    """Say which declared components carry no uncertainty into the intervals.

    >>> part = ErrorComponent("delineation", "systematic", 4, 4, 4, "study")
    >>> known_remarks([part])[0].code
    'components_taken_as_known'
    """
    whole = [part for part in components if part.part_of is None]
    known = [part.component for part in whole if part.degrees_of_freedom is None]
    if not known:
        return []
    message = (
        f"the SDs of {', '.join(dict.fromkeys(known))} are taken as known: intervals carry the "
        "uncertainty of the data only (state degrees_of_freedom where an SD was estimated)"
    )
    return [Flag("components_taken_as_known", "info", message)]
