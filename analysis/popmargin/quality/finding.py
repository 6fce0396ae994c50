"""What a look for one fault found: how sure, where, and the rows as they may have been."""

from collections.abc import Callable
from dataclasses import dataclass, field

from popmargin.core.flags import Severity
from popmargin.quality.rows import BoolArray, FloatArray, PositionRows
from popmargin.quality.thresholds import Thresholds


@dataclass(frozen=True)
class Finding:
    """One fault that a table shows.

    Attributes
    ----------
    code, severity, message : as in `popmargin.core.flags.Flag`.
    suspects : bool[N], the rows that raise it.
    repaired : rows as they may have been without the fault; None where that cannot be known.
    variance_within_mm2 : float64[3], what the fault adds to the random variance of each axis.
    """

    code: str
    severity: Severity
    message: str
    suspects: BoolArray
    repaired: PositionRows | None = None
    variance_within_mm2: FloatArray | None = field(default=None)

    def patients(self, rows: PositionRows) -> int:
        """Number of patients who raise it."""
        return len(set(rows.patient[self.suspects].tolist()))


Finder = Callable[[PositionRows, Thresholds], Finding | None]


def severity_of(probability: float, share: float, limits: Thresholds) -> Severity | None:
    """``block``, ``warn`` or None for a chance probability and the share of rows concerned.

    >>> severity_of(1e-7, 0.1, Thresholds()), severity_of(1e-7, 0.01, Thresholds())
    ('block', 'warn')
    """
    if probability >= limits.warn_probability:
        return None
    blocks = probability < limits.block_probability and share >= limits.material_share
    return "block" if blocks else "warn"


def enough(rows: PositionRows, limits: Thresholds) -> bool:
    """Whether a table is large enough for tests."""
    return rows.units >= limits.fewest_units and rows.count >= limits.fewest_rows
