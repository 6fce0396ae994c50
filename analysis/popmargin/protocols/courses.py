"""Logged courses of treatment: the ragged container that protocols are replayed on.

Assumptions: one row is one fraction; what a correction already in force had removed is in the
``carried_*`` columns, so that uncorrected error = logged + carried. A protocol may only use what
was logged: a fraction without an image on all three axes does not exist for it, and neither do
fractions after the last one logged. Limits: where images are missing for a reason (a patient who
is imaged when something looks wrong), the replay inherits that selection.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from popmargin.core.axes import TRANSLATIONS, axis_column
from popmargin.core.exceptions import OutOfRange, RefusedInput
from popmargin.errors.select import select_images, unit_key

FRACTIONS_PER_WEEK: Final = 5


@dataclass(frozen=True, eq=False)
class Courses:
    """Uncorrected errors of every logged fraction, unit after unit, fractions ascending.

    Parameters
    ----------
    errors_mm : (n_rows, 3) float64, uncorrected error on the lr, si and ap axes, finite.
    fraction : (n_rows,) int64, fraction number within the course, from 1, ascending in a unit.
    offsets : (n_units + 1,) int64, unit u owns rows ``offsets[u]`` to ``offsets[u + 1]``.
    patient : (n_units,) int64, number of the patient from 0, for leaving a patient out.
    incomplete_rows : logged rows that were set aside because an axis was not measured.
    filling : (n_rows,) float64, filling of an organ at each fraction, NaN where it was not
        measured, for protocols that act on it; ``None`` where none is known.

    Raises
    ------
    OutOfRange
        When shapes do not fit, an error is not finite, or fractions do not ascend.
    """

    errors_mm: NDArray[np.float64]
    fraction: NDArray[np.int64]
    offsets: NDArray[np.int64]
    patient: NDArray[np.int64]
    incomplete_rows: int = 0
    filling: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        rows = self.fraction.size
        if self.errors_mm.shape != (rows, 3) or not np.isfinite(self.errors_mm).all():
            raise OutOfRange(
                "errors_mm", f"({rows}, 3) finite numbers", f"shape {self.errors_mm.shape}"
            )
        sizes = np.diff(self.offsets)
        fits = self.offsets.size == self.patient.size + 1 and self.offsets[0] == 0
        if not fits or self.offsets[-1] != rows or (sizes < 1).any():
            raise OutOfRange("offsets", f"ascending from 0 to {rows}, no empty unit", self.offsets)
        rising = np.diff(self.fraction) > 0
        rising[self.offsets[1:-1] - 1] = True
        if not rising.all() or (self.fraction < 1).any():
            raise OutOfRange("fraction", "numbers >= 1, ascending in each unit", self.fraction)
        if self.filling is not None and self.filling.shape != (rows,):
            raise OutOfRange("filling", f"({rows},) numbers", f"shape {self.filling.shape}")
        if (self.patient < 0).any():
            raise OutOfRange("patient", "whole numbers >= 0", self.patient)

    @property
    def unit_count(self) -> int:
        """Number of units (patient x course x plan)."""
        return int(self.patient.size)

    @cached_property
    def patient_count(self) -> int:
        """Number of patients."""
        return self.patients_with(np.ones(self.unit_count, dtype=np.bool_))

    def patients_with(self, units: NDArray[np.bool_]) -> int:
        """Number of patients with at least one of the marked units, (n_units,) true or false."""
        return int(np.count_nonzero(np.bincount(self.patient[units])))

    @property
    def sizes(self) -> NDArray[np.int64]:
        """(n_units,) logged fractions of each unit."""
        return np.diff(self.offsets)

    @cached_property
    def index(self) -> NDArray[np.int64]:
        """(n_rows,) position among the logged fractions of the unit, from 0."""
        return np.arange(self.fraction.size) - np.repeat(self.offsets[:-1], self.sizes)

    @cached_property
    def rank_in_week(self) -> NDArray[np.int64]:
        """(n_rows,) position among the logged fractions of the block of five, from 0.

        Blocks are of fraction numbers: 1-5, 6-10, ... A fraction that was not logged leaves its
        place in the block to the next one, as when an image is made a day late.
        """
        week = (self.fraction - 1) // FRACTIONS_PER_WEEK
        new = (self.index == 0) | (np.diff(week, prepend=week[:1]) != 0)
        starts = np.flatnonzero(new)
        return np.arange(week.size) - np.repeat(starts, np.diff(np.r_[starts, week.size]))

    @cached_property
    def first_of_week(self) -> NDArray[np.uint8]:
        """(n_rows,) 1 at the first logged fraction of each block of five."""
        return np.asarray(self.rank_in_week == 0, dtype=np.uint8)


def courses_from_shifts(
    shifts: pl.LazyFrame | pl.DataFrame,
    *,
    timing: str = "before_correction",
    surrogate: str | None = None,
    filling: pl.DataFrame | None = None,
) -> Courses:
    """Courses from a canonical shifts table: the first image of each fraction.

    Parameters
    ----------
    shifts : as `popmargin.tables.read.read_table` gives it (errors in mm). Where present,
        ``course`` and ``plan`` make units of their own (a new plan is a new reference), and
        ``carried_lr_mm``, ``carried_si_mm``, ``carried_ap_mm`` are added (empty = nothing carried).
    timing, surrogate : which rows, as in `popmargin.errors.select.select_images`.
    filling : from `popmargin.protocols.filling.filling_of_fractions`; fractions without a value
        were not measured.

    Returns
    -------
    Courses
        Units and patients in the order of their ids, so that the order of rows does not matter.

    Raises
    ------
    RefusedInput
        When no row of that timing and surrogate has all three axes measured.

    Examples
    --------
    NAL was in force: the couch had moved by +4 mm, and +1 mm was seen.

    >>> row = {"patient_id": "a", "fraction": 4, "lr_mm": 1.0, "si_mm": 0.0, "ap_mm": 0.0}
    >>> courses_from_shifts(pl.DataFrame([row | {"carried_lr_mm": 4.0}])).errors_mm.tolist()
    [[5.0, 0.0, 0.0]]
    """
    frame = shifts.lazy()
    there = frame.collect_schema().names()
    axes = [axis_column(axis) for axis in TRANSLATIONS]
    missing = [column for column in axes if column not in there]
    if missing:
        raise RefusedInput(
            "shifts",
            "columns lr_mm, si_mm and ap_mm",
            f"no {missing[0]}",
            "a replay needs all axes",
        )
    uncorrected = frame.with_columns(
        pl.col(column) + pl.col(f"carried_{column}").fill_null(0.0)
        for column in axes
        if f"carried_{column}" in there
    )
    rows = select_images(uncorrected, timing=timing, surrogate=surrogate).collect()
    unit = unit_key(rows.columns)
    complete = rows.drop_nulls(axes).sort([*unit, "fraction"])
    if complete.is_empty():
        raise RefusedInput(
            "shifts",
            f"rows with timing {timing} and all three axes measured",
            "none",
            "choose a timing and surrogate the table has; a replay needs all axes",
        )
    if filling is not None:
        shared = [name for name in (*unit, "fraction") if name in filling.columns]
        values = filling.group_by(shared).agg(pl.col("filling").sort().mean())
        complete = complete.join(values, on=shared, how="left", maintain_order="left")
        complete = complete.with_columns(pl.col("filling").fill_null(np.nan))
    units = complete.group_by(unit, maintain_order=True).len()
    patient = units["patient_id"].rank("dense").to_numpy().astype(np.int64) - 1
    return Courses(
        errors_mm=np.ascontiguousarray(complete.select(axes).to_numpy(), dtype=np.float64),
        fraction=complete["fraction"].to_numpy().astype(np.int64),
        offsets=np.r_[0, np.cumsum(units["len"].to_numpy())].astype(np.int64),
        patient=patient,
        incomplete_rows=rows.height - complete.height,
        filling=None if filling is None else complete["filling"].to_numpy(),
    )


def courses_from_arrays(
    errors_mm: Sequence[ArrayLike],
    fraction: Sequence[ArrayLike] | None = None,
    filling: Sequence[ArrayLike] | None = None,
) -> Courses:
    """Courses from one (n, 3) array of uncorrected errors per patient, in mm.

    ``fraction``: the fraction numbers of each patient; without it, 1, 2, 3, ...
    ``filling``: of each patient and fraction, NaN where it was not measured.
    Raises `OutOfRange` as `Courses` does.

    >>> courses_from_arrays([[[1, 2, 3], [4, 5, 6]], [[7, 8, 9]]]).sizes.tolist()
    [2, 1]
    """
    arrays = [np.asarray(errors, dtype=np.float64).reshape(-1, 3) for errors in errors_mm]
    if fraction is None:
        fraction = [np.arange(1, len(errors) + 1) for errors in arrays]
    return Courses(
        errors_mm=np.concatenate(arrays),
        fraction=np.concatenate([np.asarray(numbers) for numbers in fraction]).astype(np.int64),
        offsets=np.r_[0, np.cumsum([len(errors) for errors in arrays])].astype(np.int64),
        patient=np.arange(len(arrays), dtype=np.int64),
        filling=None if filling is None else np.concatenate([*map(np.asarray, filling)]),
    )
