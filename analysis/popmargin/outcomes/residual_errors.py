"""What a correction protocol leaves of the errors, with the uncertainty of the errors themselves.

Assumptions: errors of the axes are independent and normal; every patient has the fractions of the
stated course. For linear protocols the expectation over the whole course is exact
(`popmargin.protocols.expected`); it is taken on every draw of the errors, so that their uncertainty
goes through the protocol.

Limits: protocols with thresholds or clips have no such expectation: replay them on the logs and
give what they leave. The error of an online correction is inside only when stated.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from popmargin.core.exceptions import OutOfRange
from popmargin.margins.recipe import Options, Recipe
from popmargin.outcomes.phantom import Three, three
from popmargin.protocols.expected import expected_errors
from popmargin.protocols.protocol import Protocol

FloatArray = NDArray[np.float64]
# The expectation is linear in both variances: two courses tell it for every draw.
_UNIT: Final = ((1.0, 0.0), (0.0, 1.0))


@dataclass(frozen=True, slots=True, eq=False)
class ResidualErrors:
    """Errors that patients are treated with, and what the data leave possible.

    Attributes
    ----------
    label : where they come from, in words.
    systematic_sd_mm, random_sd_mm : along lr, si and ap, mm, >= 0.
    systematic_draws, random_draws : (D, 3) draws of both, mm; no rows where they
        are taken as known.
    """

    label: str
    systematic_sd_mm: Three
    random_sd_mm: Three
    systematic_draws: FloatArray
    random_draws: FloatArray

    def __post_init__(self) -> None:
        shapes = (np.shape(self.systematic_draws), np.shape(self.random_draws))
        if shapes[0] != shapes[1] or len(shapes[0]) != 2 or shapes[0][1] != 3:
            raise OutOfRange("systematic_draws", "as many rows of three as random_draws", shapes)

    def margin_mm(self, recipe: Recipe, fractions: int | None, options: Options) -> Three:
        """Margin of a recipe along lr, si and ap, mm; it gets the options that it takes."""
        taken = {name: value for name, value in options.items() if name in recipe.options}
        lr, si, ap = recipe.margin(
            self.systematic_sd_mm, self.random_sd_mm, fractions=fractions, options=taken
        )
        return float(lr), float(si), float(ap)


def known_errors(label: str, systematic_sd_mm: Three, random_sd_mm: Three) -> ResidualErrors:
    """Errors that are taken as known, without uncertainty.

    >>> known_errors("stated", (2, 2, 2), (3, 3, 3)).systematic_draws.shape
    (0, 3)
    """
    none = np.zeros((0, 3))
    return ResidualErrors(label, systematic_sd_mm, random_sd_mm, none, none)


def after_protocol(errors: ResidualErrors, protocol: Protocol, *, fractions: int) -> ResidualErrors:
    """What a linear protocol leaves over a whole course.

    Parameters
    ----------
    errors : without correction.
    protocol : linear with its values (no threshold, no clip, no weights from other patients).
    fractions : of the course, >= 2.

    Raises
    ------
    WrongUsage
        When the protocol is not linear.
    NotEstimable
        When the course is too short for it.

    Examples
    --------
    >>> from popmargin.protocols.parse import parse_protocol
    >>> left = after_protocol(known_errors("logged", (2.6,) * 3, (1.7,) * 3),
    ...     parse_protocol("nal:images=4"), fractions=30)
    >>> round(left.systematic_sd_mm[0], 4), round(left.random_sd_mm[0], 4)
    (0.6785, 1.9893)
    """
    if protocol.kind.uses_others:
        # Weights from the population change with it: no two courses tell the rest.
        left = [
            expected_errors(protocol, systematic_sd_mm=s, random_sd_mm=r, fractions=fractions)
            for s, r in zip(errors.systematic_sd_mm, errors.random_sd_mm, strict=True)
        ]
        return known_errors(
            f"{errors.label}, after {protocol.text}",
            three(np.array([one.systematic_sd_mm for one in left])),
            three(np.array([one.random_sd_mm for one in left])),
        )
    nothing, *units = (
        expected_errors(protocol, systematic_sd_mm=s, random_sd_mm=r, fractions=fractions)
        for s, r in ((0.0, 0.0), *_UNIT)
    )
    base = np.array([nothing.systematic_variance_mm2, nothing.mean_square_within_mm2])
    slopes = [
        np.array([one.systematic_variance_mm2, one.mean_square_within_mm2]) - base for one in units
    ]

    def left_of(systematic: FloatArray, random: FloatArray) -> tuple[FloatArray, FloatArray]:
        found = [
            base[part] + systematic**2 * slopes[0][part] + random**2 * slopes[1][part]
            for part in (0, 1)
        ]
        between, within = (np.sqrt(np.maximum(values, 0.0)) for values in found)
        return np.asarray(between), np.asarray(within)

    centre = left_of(np.asarray(errors.systematic_sd_mm), np.asarray(errors.random_sd_mm))
    draws = left_of(errors.systematic_draws, errors.random_draws)
    return ResidualErrors(
        f"{errors.label}, after {protocol.text}", three(centre[0]), three(centre[1]), *draws
    )
