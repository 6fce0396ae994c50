"""Summaries per unit (patient x course x plan) and axis: all that population errors are made from.

Every value is taken to the nearest 1e-9 of its unit (a picometre) and summed as a whole number, so
the sums are exact: the same rows in any order, any number of files and any number of threads give
the same bits. Assumptions: fractions of a unit are exchangeable; what was not imaged is missing
for reasons that have nothing to do with the position. Limits: trend and autocorrelation within a
course are looked at elsewhere.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from popmargin.core.axes import AXES, axis_column
from popmargin.core.exceptions import RefusedInput
from popmargin.errors.select import (
    STEPS_PER_UNIT,
    UNIT_KEY,
    ImageChoice,
    filter_rows,
    group_label,
    row_key,
    select_images,
    steps,
)

_MASK_BITS = 63
# Rows of a unit that stand apart are all kept until the unit is complete: 4 million take 0.5 GB.
_SAMPLE_ROWS, _ROWS_PER_PASS = 50_000, 4_000_000
# No group column may be called the same.
_ROWS, _MASK, _RUN = "_rows", "_mask", "_run"


@dataclass(frozen=True, slots=True)
class UnitSums:
    """Exact sums of every unit: one row a unit, whole numbers of 1e-9 mm or degrees.

    ``axes`` those measured; ``group_by`` the group columns; ``images`` the rows of the wanted
    timing and surrogate, of which ``selected`` count (one per unit and fraction).
    """

    frame: pl.DataFrame
    axes: tuple[str, ...]
    group_by: tuple[str, ...]
    images: int
    selected: int

    def summaries(self) -> pl.DataFrame:
        """Contract ``unit_summaries``: size, mean, SD, sum of squares per unit and axis, sorted."""
        units = self.frame.with_columns(
            pl.lit("1").alias(name) for name in UNIT_KEY if name not in self.frame.columns
        ).sort("group", *UNIT_KEY)
        parts = []
        for axis in self.axes:
            summary = axis_summary(axis)
            names = dict.fromkeys([*self.group_by, "group", *UNIT_KEY])
            part = units.filter(pl.col(f"{axis}_n") > 0).select(
                *names, pl.lit(axis).alias("axis"), *summary
            )
            sd = pl.when(pl.col("n_fractions") > 1).then(
                (pl.col("sum_of_squares") / (pl.col("n_fractions") - 1)).sqrt()
            )
            parts.append(part.with_columns(sd.alias("sd")))
        order = pl.col("axis").replace_strict({a: i for i, a in enumerate(self.axes)})
        return pl.concat(parts).sort(pl.col("group"), order, *UNIT_KEY, maintain_order=True)


def summarise_units(
    shifts: pl.LazyFrame | pl.DataFrame,
    *,
    group_by: Sequence[str] = (),
    timing: str = "before_correction",
    surrogate: str | None = None,
    image: ImageChoice = "first",
    runs: pl.DataFrame | None = None,
) -> UnitSums:
    """Size, sum and sum of squares of every unit on every measured axis.

    Parameters
    ----------
    shifts : canonical shifts as `popmargin.tables.read.read_table` gives them (mm, degrees).
    group_by : columns whose values make the groups; none = one group called ``all``.
    timing, surrogate, image : as in `popmargin.errors.select.select_images`.
    runs : the answer to `unit_runs` of the same rows, if it was asked while they were read.

    Raises
    ------
    RefusedInput
        When no row has the wanted timing and surrogate, or a group column does not exist.

    Examples
    --------
    >>> shifts = pl.DataFrame({"patient_id": ["a", "a"], "fraction": [1, 2], "lr_mm": [1.0, 3.0]})
    >>> summarise_units(shifts).summaries().select("mean", "sum_of_squares").row(0)
    (2.0, 2.0)
    """
    names = tuple(dict.fromkeys(group_by))
    frame = shifts.lazy()
    rows = filter_rows(frame, timing=timing, surrogate=surrogate, group_by=names)
    axes = _axes(rows)
    units = _collect_sums(rows, axes, names) if runs is None else _merged(runs, names)
    images = int(units[_ROWS].sum())
    if images == 0:
        raise _nothing_selected(frame, timing, surrogate)
    if not _one_image_per_fraction(units):
        one = select_images(frame, timing=timing, surrogate=surrogate, image=image, group_by=names)
        units = _collect_sums(one, axes, names)
    selected = int(units[_ROWS].sum())
    units = units.drop(_ROWS, _MASK).with_columns(group_label(names))
    return UnitSums(units, axes, names, images, selected)


def unit_runs(
    shifts: pl.LazyFrame,
    *,
    group_by: Sequence[str] = (),
    timing: str = "before_correction",
    surrogate: str | None = None,
) -> pl.LazyFrame | None:
    """Query for `popmargin.tables.read.read_table` that sums while the rows are judged.

    None where the rows cannot be summed in one pass, or not at all: `summarise_units` says why.
    """
    names = tuple(dict.fromkeys(group_by))
    try:
        rows = filter_rows(shifts, timing=timing, surrogate=surrogate, group_by=names)
        return _sums(rows, _axes(rows), names, by_runs=True) if _stand_together(rows) else None
    except (RefusedInput, pl.exceptions.PolarsError):
        return None


def _axes(rows: pl.LazyFrame) -> tuple[str, ...]:
    there = rows.collect_schema().names()
    return tuple(axis for axis in AXES if axis_column(axis) in there)


def _nothing_selected(frame: pl.LazyFrame, timing: str, surrogate: str | None) -> RefusedInput:
    there = [name for name in ("timing", "surrogate") if name in frame.collect_schema()]
    found = "none"
    if there:
        pairs = frame.select(there).unique().sort(there).collect().rows()
        found = "; ".join(" and ".join(str(v or "not stated") for v in pair) for pair in pairs)
    wanted = f"rows with timing {timing}" + (f" and surrogate {surrogate}" if surrogate else "")
    remedy = "choose a timing and surrogate the table has"
    return RefusedInput("shifts", wanted, f"only {found}" if there else found, remedy)


def axis_summary(axis: str) -> list[pl.Expr]:
    """Expressions ``n_fractions``, ``mean`` and ``sum_of_squares`` (mm or degrees) of one axis."""
    n, total, squares = (pl.col(f"{axis}_{name}") for name in ("n", "sum", "squares"))
    # n * sum of squares - square of the sum is exact in whole numbers: no cancellation.
    spread = (n.cast(pl.Int128) * squares - total.cast(pl.Int128) ** 2).cast(pl.Float64)
    # Divided by columns, never by a number: polars multiplies by the reciprocal of a number, but
    # not in pieces of one row, and how rows fall into pieces changes from run to run.
    return [
        n.cast(pl.Int64).alias("n_fractions"),
        (total.cast(pl.Float64) / (n * STEPS_PER_UNIT)).alias("mean"),
        (spread / (n * STEPS_PER_UNIT**2)).alias("sum_of_squares"),
    ]


def _collect_sums(rows: pl.LazyFrame, axes: Sequence[str], group_by: Sequence[str]) -> pl.DataFrame:
    """Sums of every unit, within bounded memory: patients are dealt to passes where need be."""
    passes = _passes(rows)
    if passes == 1:
        runs = _sums(rows, axes, group_by, by_runs=True)
        return _merged(runs.collect(engine="streaming"), group_by)
    turn = pl.col("patient_id").hash() % passes
    parts = [_sums(rows.filter(turn == number), axes, group_by) for number in range(passes)]
    return pl.concat([part.collect(engine="streaming") for part in parts])


def _merged(runs: pl.DataFrame, group_by: Sequence[str]) -> pl.DataFrame:
    """One row a unit, of one row a run."""
    key = row_key(runs.columns, group_by)
    # Sorted and without equal neighbours, every key stands once.
    first = runs[key[0]]
    if len(key) == 1 and bool((first[1:] > first[:-1]).all()):
        return runs
    if runs.select(key).n_unique() == runs.height:
        return runs
    return runs.group_by(key).agg(pl.all().sum())


def _passes(rows: pl.LazyFrame) -> int:
    """One where the rows of a patient stand together, else as many as the number of rows asks."""
    if _stand_together(rows):
        return 1
    count = int(rows.select(pl.len()).collect(engine="streaming").item())
    return math.ceil(count / _ROWS_PER_PASS)


def _stand_together(rows: pl.LazyFrame) -> bool:
    """Whether few rows are read, or the first of many change the patient from row to row rarely."""
    runs = pl.col("patient_id").rle_id().max() + 1
    head = rows.head(_SAMPLE_ROWS).select(pl.len(), runs).collect(engine="streaming")
    sampled, changes = head.row(0)
    return bool(sampled < _SAMPLE_ROWS or 2 * changes <= sampled)


def _sums(
    rows: pl.LazyFrame, axes: Sequence[str], group_by: Sequence[str], *, by_runs: bool = False
) -> pl.LazyFrame:
    """Exact whole-number sums per unit, its rows, and the sum of a bit for each of its fractions.

    With ``by_runs`` a row for each run of neighbouring rows of one unit, which is faster where the
    rows of a unit stand together.
    """
    key = row_key(rows.collect_schema().names(), group_by)
    fraction = pl.col("fraction")
    bit = pl.when(fraction < _MASK_BITS).then(pl.lit(2, dtype=pl.UInt64).pow(fraction))
    sums: list[pl.Expr] = [pl.len().alias(_ROWS), pl.col(_MASK).sum()]
    for axis in axes:
        step = pl.col(axis_column(axis))
        sums += [
            step.count().alias(f"{axis}_n"),
            # 200 mm, the most that a contract lets pass, fit 46 million times into 64 bits.
            step.sum().alias(f"{axis}_sum"),
            (step.cast(pl.Int128) ** 2).sum().alias(f"{axis}_squares"),
        ]
    whole = rows.with_columns(
        *(steps(axis_column(axis)) for axis in axes), bit.otherwise(0).alias(_MASK)
    )
    if not by_runs:
        return whole.group_by(key).agg(sums)
    # Each column's run number grows by one where it changes: their sum numbers the runs of the key.
    run = pl.sum_horizontal(pl.col(name).rle_id() for name in key).alias(_RUN)
    runs = whole.with_columns(run).set_sorted(_RUN).group_by(_RUN)
    return runs.agg(*(pl.col(name).first() for name in key), *sums).drop(_RUN)


def _one_image_per_fraction(units: pl.DataFrame) -> bool:
    """Whether every row of every unit is a fraction of its own.

    Bits of different fractions add up without a carry, so that as many bits as rows prove it; a
    fraction beyond the mask has no bit and so proves nothing.
    """
    return bool((units[_MASK].bitwise_count_ones() == units[_ROWS]).all())
