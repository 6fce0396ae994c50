"""The errors that a protocol leaves in one phase and axis, ready for estimation.

A random residual of online corrections (``residual_sd_mm``) enters as its expected share of the
sums of squares, so nothing is drawn: with k_i of n_i fractions corrected and a residual SD s,
SSW grows by s^2 sum k_i (1 - 1/n_i) and SSB by s^2 sum (k_i / n_i)(1 - n_i / N). Limits: the
ANOVA estimates are then exact in expectation, other estimators in unbalanced data nearly so.
"""

from dataclasses import replace

import numpy as np

from popmargin.protocols.apply import Applied
from popmargin.statistics.one_way import Grouped, OneWayData


def phase_data(
    applied: Applied, phase: int, axis: int, residual_sd_mm: float = 0.0
) -> Grouped | None:
    """Units of one phase (`COURSE` or `SETTLED`) and axis (0 lr, 1 si, 2 ap), in mm.

    ``residual_sd_mm`` >= 0 is the SD of what an online correction leaves. ``None`` when no unit has
    a fraction in the phase.

    >>> from popmargin.protocols.apply import apply_protocol
    >>> from popmargin.protocols.courses import courses_from_arrays
    >>> from popmargin.protocols.parse import parse_protocol
    >>> courses = courses_from_arrays([[[1, 0, 0], [3, 0, 0]], [[5, 0, 0], [5, 0, 0]]])
    >>> table = phase_data(apply_protocol(parse_protocol("daily"), courses), 0, 0, 2.0).by_size
    >>> table.within_total, table.deviation_squares.tolist()  # 4 * 2 * 2 / 2, 4 * 2 * 2 / 4 / 2
    (8.0, [2.0])
    """
    there = applied.sizes[:, phase, axis] > 0
    if not there.any():
        return None
    sizes, online = applied.sizes[there, phase, axis], applied.online[there, phase, axis]
    residual = residual_sd_mm * residual_sd_mm * online
    data = OneWayData.from_summaries(
        sizes,
        applied.means[there, phase, axis],
        applied.squares[there, phase, axis] + residual * (1.0 - 1.0 / sizes),
    )
    if not residual.any():
        return data
    table = data.by_size
    # A unit of size n counts n times in SSB: its mean gains s^2 k / n^2 (1 - n / N).
    gained = residual / sizes**2 * (1.0 - sizes / table.observation_count)
    per_size = np.bincount(np.searchsorted(table.sizes, sizes), gained, table.sizes.size)
    return replace(table, deviation_squares=table.deviation_squares + per_size)
