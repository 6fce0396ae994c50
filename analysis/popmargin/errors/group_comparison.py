"""What a comparison of two groups on one axis holds, its flat row, and p-values of many of them.

Assumptions and limits: those of `popmargin.errors.comparison`, which makes them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from popmargin.core.axes import axis_unit
from popmargin.errors.quantity import Estimator, QuantityEstimate
from popmargin.statistics.generalised_interval import GeneralisedDraws
from popmargin.statistics.two_sets import Contrast


@dataclass(frozen=True, slots=True, eq=False)
class GroupComparison:
    """Two groups on one axis; contrasts are None where not estimable, with the reason.

    ``draws`` are joint draws of both SDs of group 1 and of group 2, from which any function of all
    four, such as a difference of margins, has its interval.
    """

    columns: dict[str, str | None]
    groups: tuple[str, str]
    axis: str
    patients: tuple[int, int]
    units: tuple[int, int]
    shared_patients: int
    paired_units: int
    estimator: Estimator
    estimates: tuple[QuantityEstimate, QuantityEstimate]
    mean: Contrast | None
    systematic: Contrast | None
    random: Contrast | None
    draws: tuple[GeneralisedDraws, GeneralisedDraws] | None
    confidence_level: float
    reasons: tuple[str, ...]

    @property
    def comparison(self) -> str:
        """``A vs B``."""
        return f"{self.groups[0]} vs {self.groups[1]}"

    @property
    def place(self) -> str:
        """Where this is, for messages."""
        within = [f"{name} {value}" for name, value in self.columns.items()]
        return ", ".join([*within, self.comparison, f"axis {self.axis}"])

    def row(self) -> dict[str, Any]:
        """Flat row; differences carry the unit of the axis in their names."""
        unit = axis_unit(self.axis)
        row: dict[str, Any] = {
            **self.columns,
            "comparison": self.comparison,
            "group_1": self.groups[0],
            "group_2": self.groups[1],
            "axis": self.axis,
            "paired": self.shared_patients > 0,
            "n_shared_patients": self.shared_patients,
        }
        for place in (0, 1):
            row[f"n_patients_{place + 1}"] = self.patients[place]
            row[f"n_units_{place + 1}"] = self.units[place]
        row["estimator"] = self.estimator
        row |= contrast_row("group_mean_difference", f"_{unit}", self.mean)
        row["group_mean_p_value"] = self.mean.p_value if self.mean else None
        for name, contrast in (("systematic_sd", self.systematic), ("random_sd", self.random)):
            for place, estimate in enumerate(self.estimates, start=1):
                row[f"{name}_{place}_{unit}"] = getattr(estimate, name)
            row |= contrast_row(f"{name}_ratio", "", contrast)
            row[f"{name}_p_value"] = contrast.p_value if contrast else None
        return row


def contrast_row(name: str, suffix: str, contrast: Contrast | None) -> dict[str, float | None]:
    """Keys ``name``, ``name_low`` and ``name_high`` with ``suffix``; None without a contrast.

    >>> contrast_row("ratio", "", Contrast(2.0, 1.0, 4.0, 0.05))
    {'ratio': 2.0, 'ratio_low': 1.0, 'ratio_high': 4.0}
    """
    values = (contrast.value, contrast.low, contrast.high) if contrast else (None, None, None)
    keys = (f"{name}{suffix}", f"{name}_low{suffix}", f"{name}_high{suffix}")
    return dict(zip(keys, values, strict=True))


def holm_adjusted(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted for the number of tests: Holm's step-down procedure.

    Keeps the probability of any false finding among them, whatever their dependence.
    Source: Holm S, Scand J Stat 1979;6:65-70.

    >>> holm_adjusted([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    adjusted = [1.0] * len(p_values)
    largest = 0.0
    ordered = sorted(range(len(p_values)), key=lambda place: p_values[place])
    for rank, place in enumerate(ordered):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = largest
    return adjusted
