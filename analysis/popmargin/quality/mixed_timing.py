"""Residual rows among the shifts: what was left after correction, logged as if before it.

Residuals stand near zero on all axes whatever the patient's own error; see
`popmargin.quality.mirror` for the test and its limits. Unsafe: 30 % of the rows lower the margin by
a quarter. Where M and Sigma are small against the residuals the mixture cannot be seen: declare
``timing`` for each source.
"""

import numpy as np

from popmargin.quality.finding import Finding, enough, severity_of
from popmargin.quality.mirror import (
    LEAST_SHARE,
    MirrorCount,
    mirror_count,
    one_sided_probability,
    radii_beyond_grid,
)
from popmargin.quality.rows import BoolArray, FloatArray, PositionRows
from popmargin.quality.thresholds import Thresholds

# Residuals of a couch correction have SDs of 0.3 to 1.5 mm.
_RADII_MM = (1.0, 2.0, 3.0)
_SIGN_OF_ITS_OWN = 3.0
_REFINEMENTS = 4


def find_mixed_timing(rows: PositionRows, limits: Thresholds) -> Finding | None:
    """Rows near zero on all axes beyond what the patients' own scatter puts there.

    >>> find_mixed_timing(PositionRows.of([0], [1], [[0.0, 0.0, 0.0]]), Thresholds())
    """
    axes = tuple(np.flatnonzero(rows.measured).tolist())
    if not enough(rows, limits) or not axes:
        return None
    # Exact zeros on all axes are another fault's sign.
    zeros = (np.nan_to_num(rows.values, nan=0.0) == 0.0).all(axis=1)
    radii = radii_beyond_grid(rows, _RADII_MM)
    looks = [mirror_count(rows, axes, radius, left_out=zeros) for radius in radii]
    if not looks:
        return None
    best = max(looks, key=lambda look: look.score)
    share = best.excess / rows.count
    severity = severity_of(one_sided_probability(best.score, len(looks)), share, limits)
    if severity is None or share < LEAST_SHARE:
        return None
    # The radius that sees the fault best is narrower than the one that holds all of it.
    best = max((look for look in looks if look.score > _SIGN_OF_ITS_OWN), key=lambda x: x.excess)
    suspects = _nearest(rows, best, rows.medians)
    for _ in range(_REFINEMENTS):
        # Residuals pull the patients' medians towards zero: again, about those of the others.
        centres = rows.kept(~suspects).medians_of(rows.sizes.size)
        again = mirror_count(rows, axes, best.radius, left_out=zeros, centres=centres)
        suspects = _nearest(rows, again, centres)
    share = float(suspects.mean())
    message = (
        f"{share:.0%} of the rows lie within {best.radius:g} mm of zero beyond what the patients' "
        "own scatter explains: residuals after correction logged as shifts, or the rows of a "
        "correction already in force; declare timing (or the carried correction) for each row"
    )
    return Finding("mixed_timing", severity, message, suspects, rows.kept(~suspects))


def _nearest(rows: PositionRows, look: MirrorCount, centres: FloatArray) -> BoolArray:
    """The excess of rows, nearest to zero first, in every unit the same share.

    The share is that of the units whose mean lies beyond the radius: the others say nothing.
    """
    axes = list(look.axes)
    away = np.sqrt((centres[:, axes] ** 2).sum(axis=1)) >= look.radius
    telling = away[rows.unit]
    excess = int(look.near[telling].sum()) - int(look.mirrored[telling].sum())
    share = min(1.0, max(0.0, excess / max(1, int(telling.sum()))))
    order = np.lexsort((look.distance, rows.unit))
    rank = np.arange(rows.count) - (np.cumsum(rows.sizes) - rows.sizes)[rows.unit[order]]
    chosen = (rank < np.round(share * rows.sizes)[rows.unit[order]]) & np.isfinite(
        look.distance[order]
    )
    suspects = np.zeros(rows.count, dtype=np.bool_)
    suspects[order[chosen]] = True
    return suspects
