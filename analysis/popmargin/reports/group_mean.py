"""The group mean beside the answer: where it is off zero, no recipe's margin holds it."""

from typing import Final

import polars as pl

from popmargin.core.axes import TRANSLATIONS
from popmargin.reports.numbers import number

_DIRECTIONS: Final = {
    "lr": ("left", "right"),
    "si": ("superior", "inferior"),
    "ap": ("anterior", "posterior"),
}


def group_mean_sentence(errors: pl.DataFrame, group: str, estimator: str) -> str:
    """Where a group lay on average, on the axes whose interval of M excludes 0; else nothing.

    Parameters: a table after the contract ``population_errors``, the group, the estimator of its
    margins.

    >>> row = {"group": "all", "axis": "ap", "estimator": "anova", "group_mean_mm": -2.56}
    >>> row |= {"group_mean_low_mm": -3.44, "group_mean_high_mm": -1.67}
    >>> print(group_mean_sentence(pl.DataFrame([row]), "all", "anova")[:60])
    On average these patients lay 2.6 mm (1.7 to 3.4) posterior:
    """
    rows = errors.filter(pl.col("group") == group, pl.col("estimator") == estimator)
    found = {row["axis"]: row for row in rows.rows(named=True)}
    off = []
    for axis in TRANSLATIONS:
        row = found.get(axis, {})
        mean, low, high = (row.get(f"group_mean{end}_mm") for end in ("", "_low", "_high"))
        if mean is None or low is None or high is None or low <= 0 <= high:
            continue
        near, far = sorted((abs(low), abs(high)))
        towards = _DIRECTIONS[axis][mean < 0]
        off.append(f"{number(abs(mean))} mm ({number(near)} to {number(far)}) {towards}")
    if not off:
        return ""
    where = f"{', '.join(off[:-1])} and {off[-1]}" if len(off) > 1 else off[0]
    return (
        f"On average these patients lay {where}: no recipe's margin holds that; find the cause and "
        "correct it before the margin is used."
    )
