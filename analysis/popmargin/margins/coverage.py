"""What a coverage result is, and the treatment it is computed for.

Coverage is the share of patients whose CTV minimum dose reaches the wanted level. It belongs to a
target size and a number of fractions: "90 % of patients" is a claim to check, not a property of a
recipe.
"""

from dataclasses import dataclass
from typing import Literal

from popmargin.core.checks import non_negative, positive, share
from popmargin.core.exceptions import OutOfRange
from popmargin.margins.blurred_ball import ball_field_radius
from popmargin.margins.remarks import WATER_PENUMBRA_SD_MM

CoverageMethod = Literal["closed_form", "monte_carlo"]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Share of patients covered, with the standard error of its computation.

    ``coverage_standard_error`` is that of the Monte Carlo only (0 for a closed form); it says
    nothing of the uncertainty of the population errors.
    """

    coverage: float
    coverage_standard_error: float
    method: CoverageMethod


@dataclass(frozen=True, slots=True)
class Target:
    """A ball-shaped CTV in an ideally conformal plan.

    Attributes
    ----------
    ctv_radius_mm : float
        Radius of the CTV in mm, > 0.
    penumbra_sd_mm : float
        SD of the dose edge in mm, >= 0: 3.2 in water, 6.4 in lung.
    dose_level : float
        Dose, relative to the field's interior, that the whole CTV must get and that encloses the
        PTV in the plan; strictly between 0 and 1.

    Examples
    --------
    >>> Target(30.0).dose_level
    0.95
    """

    ctv_radius_mm: float
    penumbra_sd_mm: float = WATER_PENUMBRA_SD_MM
    dose_level: float = 0.95

    def __post_init__(self) -> None:
        """Refuse an impossible target (`OutOfRange`)."""
        positive("ctv_radius_mm", self.ctv_radius_mm)
        non_negative("penumbra_sd_mm", self.penumbra_sd_mm)
        share("dose_level", self.dose_level)

    def field_radius_mm(self, margin_mm: float) -> float:
        """Radius of the field whose isodose of the level lies ``margin_mm`` outside the CTV.

        Raises `OutOfRange` for a negative or non-finite margin.

        >>> round(Target(30.0).field_radius_mm(9.6), 4)
        45.1059
        """
        margin = float(non_negative("margin_mm", margin_mm))
        return ball_field_radius(self.dose_level, self.ctv_radius_mm + margin, self.penumbra_sd_mm)


def wanted_share(coverage: float) -> float:
    """The wanted coverage when strictly between 0 and 1; `OutOfRange` otherwise.

    A margin for every patient would be infinite, because normal errors have no end.

    >>> wanted_share(0.9)
    0.9
    """
    if not 0.0 < coverage < 1.0:
        raise OutOfRange("coverage", "a share strictly between 0 and 1", coverage)
    return coverage
