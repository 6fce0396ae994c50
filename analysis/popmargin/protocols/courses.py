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

UNIT_COLUMNS: Final = ("patient_id", "course", "plan")
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

    Raises
    ------
    OutOfRange
        When shapes do not fit, a value is not finite, or fractions do not ascend.
    """

    errors_mm: NDArray[np.float64]
    fraction: NDArray[np.int64]
    offsets: NDArray[np.int64]
    patient: NDArray[np.int64]
    incomplete_rows: int = 0

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

    @property
    def unit_count(self) -> int:
        """Number of units (patient x course x plan)."""
        return int(self.patient.size)

    @property
    def patient_count(self) -> int:
        """Number of patients."""
        return int(np.unique(self.patient).size)

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


def courses_from_shifts(shifts: pl.DataFrame) -> Courses:
    """Courses from a shifts table: one row per fraction, errors in mm, error sign.

    Parameters
    ----------
    shifts : columns ``patient_id``, ``fraction``, ``lr_mm``, ``si_mm``, ``ap_mm``; where present,
        ``course`` and ``plan`` (a new plan is a new reference, hence a unit of its own) and
        ``carried_lr_mm``, ``carried_si_mm``, ``carried_ap_mm`` (added; empty = nothing carried).
        The image to use (the first before treatment) is chosen beforehand.

    Returns
    -------
    Courses
        Units and patients in the order of their ids, so that the order of rows does not matter.

    Raises
    ------
    RefusedInput
        When a unit has two rows for one fraction, or no row has all three axes.

    Examples
    --------
    NAL was in force: the couch had moved by +4 mm, and +1 mm was seen.

    >>> row = {"patient_id": "a", "fraction": 4, "lr_mm": 1.0, "si_mm": 0.0, "ap_mm": 0.0}
    >>> courses_from_shifts(pl.DataFrame([row | {"carried_lr_mm": 4.0}])).errors_mm.tolist()
    [[5.0, 0.0, 0.0]]
    """
    unit = [column for column in UNIT_COLUMNS if column in shifts.columns]
    axes = [axis_column(axis) for axis in TRANSLATIONS]
    carried = [column for column in axes if f"carried_{column}" in shifts.columns]
    complete = (
        shifts.drop_nulls(axes)
        .with_columns(pl.col(c) + pl.col(f"carried_{c}").fill_null(0.0) for c in carried)
        .sort([*unit, "fraction"])
    )
    if complete.is_empty():
        raise RefusedInput(
            "shifts", "rows with all three axes measured", "none", "a replay needs all axes"
        )
    repeated = complete.select(pl.struct([*unit, "fraction"]).is_duplicated().sum()).item()
    if repeated:
        raise RefusedInput(
            "shifts, column fraction",
            "one row per patient, course, plan and fraction",
            f"{repeated} rows that share theirs with another",
            "keep one image per fraction and timing before a replay",
        )
    units = complete.group_by(unit, maintain_order=True).len()
    patient = units["patient_id"].rank("dense").to_numpy().astype(np.int64) - 1
    return Courses(
        errors_mm=np.ascontiguousarray(complete.select(axes).to_numpy(), dtype=np.float64),
        fraction=complete["fraction"].to_numpy().astype(np.int64),
        offsets=np.r_[0, np.cumsum(units["len"].to_numpy())].astype(np.int64),
        patient=patient,
        incomplete_rows=shifts.height - complete.height,
    )


def courses_from_arrays(
    errors_mm: Sequence[ArrayLike], fraction: Sequence[ArrayLike] | None = None
) -> Courses:
    """Courses from one (n, 3) array of uncorrected errors per patient, in mm.

    ``fraction``: the fraction numbers of each patient; without it, 1, 2, 3, ...
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
    )
