"""Names of columns and values of cells: never NaN, limits before the unit."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def named(outcome: str, end: str) -> str:
    """Column of a limit: ``_low`` or ``_high`` stands before a unit (not before min, or money).

    >>> named("margin_mm", "_low"), named("cost_per_course", "_low")
    ('margin_low_mm', 'cost_per_course_low')
    """
    stem, _, unit = outcome.rpartition("_")
    return (
        f"{stem}{end}_{unit}"
        if unit in ("mm", "cc", "mgy", "msv", "percent")
        else f"{outcome}{end}"
    )


def number_or_none(value: Any) -> float | None:
    """A number, or ``None`` in place of NaN.

    >>> number_or_none(np.nan), number_or_none(np.float64(1))
    (None, 1.0)
    """
    return float(value) if np.isfinite(value) else None


def limits_of(draws: NDArray[np.float64], level: float) -> tuple[float | None, float | None]:
    """Limits of the two-sided interval of draws, (draws,); ``None`` when one is not a number.

    >>> limits_of(np.arange(101.0), 0.5)
    (25.0, 75.0)
    """
    if not np.isfinite(draws).all():
        return None, None
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
