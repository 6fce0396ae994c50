"""Repeated keys: a row that repeats another is set aside; rows that contradict each other all are.

Which of two contradicting rows is right cannot be known from the table, and taking the first would
make the result depend on the order of the rows.
"""

from collections.abc import Sequence

import polars as pl

from popmargin.tables.parse import ROW


def set_aside_duplicates(
    frame: pl.DataFrame, key: Sequence[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows that can be used, and those set aside (``source_row``, ``reason``, ``column``).

    ``key`` are the columns that identify a row; missing ones are left out of the key. Nulls in the
    key count as equal. The row kept of equal ones is the first in the file.
    """
    there = [name for name in key if name in frame.columns]
    others = [name for name in frame.columns if name != ROW]
    first = pl.struct(others).is_first_distinct()
    judged = frame.with_columns(first.alias("_first"))
    kept = judged.filter(pl.col("_first"))
    conflict = kept.select(pl.struct(there).is_duplicated()).to_series()
    # The repeats of a row that contradicts another go with it, under the same reason.
    contradicting = kept.filter(conflict).select(there).unique()
    bad_conflict = judged.join(contradicting, on=there, how="semi", nulls_equal=True)
    bad_repeat = judged.filter(~pl.col("_first")).join(
        contradicting, on=there, how="anti", nulls_equal=True
    )
    bad = pl.concat(
        [
            bad_conflict.select(ROW, pl.lit("conflicting_duplicate").alias("reason")),
            bad_repeat.select(ROW, pl.lit("duplicate_row").alias("reason")),
        ]
    ).with_columns(pl.lit("").alias("column"))
    return kept.filter(~conflict).drop("_first"), bad.sort(ROW)
