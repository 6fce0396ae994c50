"""Summaries per unit (patient x course x plan) and axis: all that population errors are made from.

Every value is taken to the nearest 1e-9 of its unit (a picometre) and summed as a whole number, so
the sums are exact: the same rows in any order, any number of files and any number of threads give
the same bits. Assumptions: fractions of a unit are exchangeable; what was not imaged is missing
for reasons that have nothing to do with the position. Limits: trend and autocorrelation within a
course are looked at elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from popmargin.core.axes import AXES, axis_column
from popmargin.core.exceptions import RefusedInput
from popmargin.errors.select import (
    UNIT_KEY,
    ImageChoice,
    filter_rows,
    group_label,
    select_images,
)
from popmargin.errors.unit_sums import MASK, ROWS, UnitStream, sums_of_units


@dataclass(frozen=True, slots=True)
class UnitSums:
    """Summary of every unit, one row a unit, of its exact sums; `axis_summary` names its columns.

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
    sums: pl.DataFrame | None = None,
) -> UnitSums:
    """Size, sum and sum of squares of every unit on every measured axis.

    Parameters
    ----------
    shifts : canonical shifts as `popmargin.tables.read.read_table` gives them (mm, degrees).
    group_by : columns whose values make the groups; none = one group called ``all``.
    timing, surrogate, image : as in `popmargin.errors.select.select_images`.
    sums : what `SumsBeside` found in the same rows while they were read.

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
    units = sums_of_units(rows, axes, names) if sums is None else sums
    images = int(units[ROWS].sum())
    if images == 0:
        raise _nothing_selected(frame, timing, surrogate)
    if not _one_image_per_fraction(units):
        one = select_images(frame, timing=timing, surrogate=surrogate, image=image, group_by=names)
        units = sums_of_units(one, axes, names)
    selected = int(units[ROWS].sum())
    units = units.drop(ROWS, MASK).with_columns(group_label(names))
    return UnitSums(units, axes, names, images, selected)


class SumsBeside:
    """Sums made while `popmargin.tables.read.read_table` judges the rows (its ``beside``).

    Parameters
    ----------
    group_by, timing, surrogate : as in `summarise_units`.
    """

    at_once = False

    def __init__(
        self,
        *,
        group_by: Sequence[str] = (),
        timing: str = "before_correction",
        surrogate: str | None = None,
    ) -> None:
        """No row seen."""
        self._choice: dict[str, Any] = {"timing": timing, "surrogate": surrogate}
        self._group_by = tuple(dict.fromkeys(group_by))
        self._stream: UnitStream | None = None

    def feed(self, rows: pl.LazyFrame) -> pl.LazyFrame | None:
        """Query that takes ``rows`` in and gives none back.

        None where the rows cannot be summed: `summarise_units` says why.
        """
        try:
            chosen = filter_rows(rows, group_by=self._group_by, **self._choice)
            schema = chosen.collect_schema()
        except (RefusedInput, pl.exceptions.PolarsError):
            return None
        if self._stream is None:
            self._stream = UnitStream(schema, _axes(chosen), self._group_by)
        return self._stream.feed(chosen)

    def finish(self) -> pl.DataFrame | None:
        """The sums of all rows that were taken in."""
        return self._stream.finish() if self._stream else None


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
    names = {"n": "n_fractions", "mean": "mean", "squares": "sum_of_squares"}
    return [pl.col(f"{axis}_{name}").alias(alias) for name, alias in names.items()]


def _one_image_per_fraction(units: pl.DataFrame) -> bool:
    """Whether every row of every unit is a fraction of its own.

    Bits of different fractions add up without a carry, so that as many bits as rows prove it; a
    fraction beyond the mask has no bit and so proves nothing.
    """
    return bool((units[MASK].bitwise_count_ones() == units[ROWS]).all())
