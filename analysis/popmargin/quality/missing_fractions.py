"""Fractions that are not in the log, up to the last one of each unit.

Missing at random they only widen intervals. Whether their absence depends on the positions is what
`popmargin.quality.selective_logging` looks at; what never was imaged cannot be known from the log.
A fixed schedule (weekly, every second day) is no fault and is only remarked.
"""

import numpy as np

from popmargin.core.flags import Severity
from popmargin.quality.finding import Finding
from popmargin.quality.rows import PositionRows
from popmargin.quality.selective_logging import missing_of_units
from popmargin.quality.thresholds import Thresholds

_SCHEDULE = 0.5


def find_missing_fractions(rows: PositionRows, limits: Thresholds) -> Finding | None:
    """Units with fractions missing before their last one.

    >>> rows = PositionRows.of([0] * 3, [1, 2, 4], [[0, 0, 0]] * 3)
    >>> find_missing_fractions(rows, Thresholds()).severity
    'warn'
    """
    present, last = missing_of_units(rows)
    share = 1.0 - float(present.sum() / last.sum())
    if share < limits.missing_share:
        return None
    lacking = present < last
    suspects = np.asarray(lacking[rows.unit])
    severity: Severity = "info" if share >= _SCHEDULE else "warn"
    message = (
        f"{share:.0%} of the fractions up to each patient's last one are not in the log "
        f"({int(lacking.sum())} of {rows.units} units): state why (a schedule, another machine); "
        "images taken because of a doubt do not stand for the others"
    )
    return Finding("missing_fractions", severity, message, suspects)
