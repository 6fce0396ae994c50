"""Zeros that stand for missing values: more rows of exact zeros on all axes than chance gives.

What chance gives: the product over the axes of the share of zeros, patient by patient, so that
rounding (which makes zeros on single axes) and patients near zero count. The number of rows is
referred to the Poisson distribution. Limits: where values are rounded so coarsely that zero is
common, or one axis only is coded so, the numbers cannot tell; neither can they tell a missing image
from one after which nobody entered a shift.
"""

import numpy as np

from popmargin.quality.finding import Finding, enough, severity_of
from popmargin.quality.rows import PositionRows
from popmargin.quality.thresholds import Thresholds

# Fewer rows than this do no harm, and small dependences between axes explain them in long tables.
_LEAST_SHARE = 0.0025


def find_zeros_for_missing(rows: PositionRows, limits: Thresholds) -> Finding | None:
    """Rows of exact zeros on all measured axes beyond chance.

    >>> find_zeros_for_missing(PositionRows.of([0], [1], [[0.0, 0.0, 0.0]]), Thresholds())
    """
    from scipy.special import pdtrc

    values = rows.values[:, rows.measured]
    if not enough(rows, limits) or values.shape[1] < 2:
        return None
    zero = values == 0.0
    suspects = zero.all(axis=1)
    count = int(suspects.sum())
    if count < 3:
        return None
    sizes = np.maximum(rows.sizes, 1)
    expected = sizes.astype(np.float64)
    for axis in range(values.shape[1]):
        expected = expected * (rows.sums(zero[:, axis].astype(np.float64)) / sizes)
    chance = float(expected.sum())
    excess = (count - chance) / rows.count
    severity = severity_of(float(pdtrc(count - 1, chance)), excess, limits)
    if severity is None or excess < _LEAST_SHARE:
        return None
    message = (
        f"{count} rows ({count / rows.count:.0%}) are exactly 0 on all axes, chance explains "
        f"{chance:.0f}: zeros that stand for missing values pull margins down; leave what was not "
        "measured empty"
    )
    return Finding("zeros_for_missing", severity, message, suspects, rows.kept(~suspects))
