"""Choose what is estimated from: one position per unit and fraction, of one timing and surrogate.

Inter-fraction, residual and intra-fraction errors are never mixed: an analysis names its timing.
A *unit* is a patient x course x plan, because a new plan is a new reference. Of several images of
a fraction the first is taken (or the last, or their mean), because later ones follow a correction.
"""

from collections.abc import Sequence
from typing import Literal

import polars as pl

from popmargin.core.axes import AXES, axis_column
from popmargin.core.exceptions import RefusedInput

ImageChoice = Literal["first", "last", "mean"]

UNIT_KEY = ("patient_id", "course", "plan")
ALL = "all"
NOT_STATED = "not stated"


def group_label(group_by: Sequence[str]) -> pl.Expr:
    """Label of a row's group: the values of ``group_by`` joined by `` / ``, or ``all``.

    >>> pl.DataFrame({"site": ["lung", None]}).select(group_label(["site"])).to_series().to_list()
    ['lung', 'not stated']
    """
    if not group_by:
        return pl.lit(ALL).alias("group")
    parts = [pl.col(name).fill_null(NOT_STATED) for name in group_by]
    return pl.concat_str(parts, separator=" / ").alias("group")


def unit_key(columns: Sequence[str]) -> list[str]:
    """Columns that identify a unit, as far as the table has them (the others are constant).

    >>> unit_key(["patient_id", "fraction", "plan"])
    ['patient_id', 'plan']
    """
    return [name for name in UNIT_KEY if name in columns]


def filter_rows(
    shifts: pl.LazyFrame, *, timing: str, surrogate: str | None, group_by: Sequence[str]
) -> pl.LazyFrame:
    """Rows of the wanted timing and surrogate.

    Raises `RefusedInput` when a group column or the surrogate column does not exist.
    """
    there = shifts.collect_schema().names()
    for name in group_by:
        if name not in there:
            remedy = f"group by one of {', '.join(n for n in there if n not in _measured(there))}"
            raise RefusedInput("shifts", f"a column {name} to group by", "no such column", remedy)
    # A table without the column holds positions before correction (the contract's default).
    known = pl.col("timing") if "timing" in there else pl.lit("before_correction")
    rows = shifts.filter(known == timing)
    if surrogate is None:
        return rows
    if "surrogate" not in there:
        remedy = "declare surrogate for the source, or leave the choice out"
        raise RefusedInput("shifts", f"rows with surrogate {surrogate}", "no such column", remedy)
    return rows.filter(pl.col("surrogate") == surrogate)


def select_images(
    shifts: pl.LazyFrame,
    *,
    timing: str = "before_correction",
    surrogate: str | None = None,
    image: ImageChoice = "first",
    group_by: Sequence[str] = (),
    carry: Sequence[str] = ("centre", "acquired_at"),
) -> pl.LazyFrame:
    """One row per group, unit and fraction with the position on every axis that the table has.

    Parameters
    ----------
    shifts : canonical shifts (errors in mm and degrees), one row per image match.
    timing, surrogate : what is analysed; every surrogate where ``None``.
    image : which image of a fraction counts; its order is the column ``image``, else the time
        ``acquired_at``, else the order of the rows. ``mean`` averages the images on each axis.
    group_by : columns to keep and to build ``group`` from.
    carry : further columns to keep where the table has them (the smallest value of the fraction).

    Raises
    ------
    RefusedInput
        A group column that does not exist, or a surrogate that no row has.
    """
    rows = filter_rows(shifts, timing=timing, surrogate=surrogate, group_by=group_by)
    there = rows.collect_schema().names()
    axes = [*_measured(there), *(name for name in there if name.startswith("carried_"))]
    key = [*dict.fromkeys(group_by), *unit_key(there), "fraction"]
    if image == "mean":
        chosen = [pl.col(name).mean() for name in axes]
    else:
        order = [name for name in ("image", "acquired_at", "source", "source_row") if name in there]
        rank = pl.struct(order).rank("ordinal") if order else pl.int_range(pl.len())
        place = rank.arg_min() if image == "first" else rank.arg_max()
        chosen = [pl.col(name).get(place) for name in axes]
    chosen += [pl.col(name).min() for name in carry if name in there and name not in key]
    return rows.group_by(key).agg(chosen).with_columns(group_label(group_by))


def _measured(names: Sequence[str]) -> list[str]:
    return [axis_column(axis) for axis in AXES if axis_column(axis) in names]
