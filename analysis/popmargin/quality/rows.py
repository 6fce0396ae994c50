"""The rows that the quality flags look at, as arrays: all images of one timing and surrogate.

Rows come before one image a fraction is chosen, because repeated fractions are a sign themselves.
They are sorted by unit, then by time where it is known, then by fraction and by their order.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from popmargin.core.axes import TRANSLATIONS, axis_column
from popmargin.quality.pseudomedian import pseudomedians, standard_errors

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
UNITS: Final = ("patient_id", "course", "plan")
_DAY_US: Final = 86_400_000_000
_OF_ROWS: Final = (
    *("unit", "patient", "fraction", "values", "source", "day", "index", "match", "image"),
)


@dataclass(frozen=True)
class PositionRows:
    """N rows of one group; arrays of one entry a row.

    Attributes
    ----------
    unit : int64[N], ascending: number of the patient x course x plan.
    patient : int64[N], number of the patient.
    fraction : int64[N], fraction of the course, >= 1.
    values : float64[N, 3], position error along lr, si, ap in mm; NaN where not measured.
    source : int64[N], number of the source (of the centre, where all is one source).
    day : float64[N], day of imaging in days; NaN where not known.
    index : int64[N], place of the row in the table that it came from.
    match : int64[N], number of the surrogate and modality: other matches of a fraction are no
        repeats.
    image : int64[N], number of the image within its fraction; 0 where it has none.
    source_names, patient_names : labels of the sources and ids of the patients, by number; no
        patient names where rows come without a table.

    >>> PositionRows.of([0, 0], [1, 2], [[1.0, 0.0, 0.0], [3.0, 0.0, 0.0]]).medians.tolist()
    [[2.0, 0.0, 0.0]]
    """

    unit: IntArray
    patient: IntArray
    fraction: IntArray
    values: FloatArray
    source: IntArray
    day: FloatArray
    index: IntArray
    match: IntArray
    image: IntArray
    source_names: tuple[str, ...] = ("all",)
    patient_names: tuple[str, ...] = ()

    @classmethod
    def of(cls, unit: Any, fraction: Any, values: Any, **others: Any) -> "PositionRows":
        """Rows from plain lists, in their order; what is left out is one source without dates."""
        units = np.asarray(unit, dtype=np.int64)
        rows: dict[str, Any] = {
            "patient": units,
            "source": np.zeros_like(units),
            "day": np.full(units.size, np.nan),
            "index": np.arange(units.size),
            "match": np.zeros_like(units),
            "image": np.zeros_like(units),
        } | {
            name: value if name.endswith("_names") else np.asarray(value)
            for name, value in others.items()
        }
        return cls(
            unit=units,
            fraction=np.asarray(fraction, dtype=np.int64),
            values=np.asarray(values, dtype=np.float64).reshape(units.size, len(TRANSLATIONS)),
            **rows,
        ).sorted()

    def sorted(self) -> "PositionRows":
        """The same rows by unit, day, fraction and place, units numbered without gaps."""
        unit = np.unique(self.unit, return_inverse=True)[1].astype(np.int64)
        known = np.where(np.isnan(self.day), np.inf, self.day)
        order = np.lexsort((self.index, self.fraction, known, unit))
        return replace(self, unit=unit).kept(order)

    def kept(self, chosen: BoolArray | IntArray) -> "PositionRows":
        """Chosen rows only; their units keep their numbers."""
        return replace(self, **{name: getattr(self, name)[chosen] for name in _OF_ROWS})

    @property
    def count(self) -> int:
        """Number of rows N."""
        return int(self.unit.size)

    @cached_property
    def units(self) -> int:
        """Number of units."""
        return int(np.unique(self.unit).size)

    @cached_property
    def sizes(self) -> IntArray:
        """Rows of each unit."""
        return np.bincount(self.unit)

    @cached_property
    def measured(self) -> BoolArray:
        """Which axes hold any value, bool[3]."""
        return np.asarray(np.isfinite(self.values).any(axis=0))

    @cached_property
    def medians(self) -> FloatArray:
        """Median of each unit and axis, float64[units, 3]; NaN where it has no value."""
        return self.medians_of(self.sizes.size)

    def medians_of(self, units: int) -> FloatArray:
        """As ``medians``, for so many units; the last ones may have no row."""
        return np.column_stack([self._medians(axis, units) for axis in range(len(TRANSLATIONS))])

    def _medians(self, axis: int, units: int) -> FloatArray:
        x = self.values[:, axis]
        there = np.isfinite(x)
        unit, x = self.unit[there], x[there]
        ordered = x[np.lexsort((x, unit))]
        sizes = np.bincount(unit, minlength=units)
        starts = np.cumsum(sizes) - sizes
        low, high = starts + np.maximum(sizes - 1, 0) // 2, starts + sizes // 2
        found = np.full(sizes.size, np.nan)
        some = sizes > 0
        found[some] = 0.5 * (ordered[low[some]] + ordered[high[some]])
        return found

    @cached_property
    def centres(self) -> tuple[FloatArray, FloatArray]:
        """Pseudomedian of each unit and axis, and its standard error, float64[units, 3] each."""
        found = pseudomedians(self.values, self.unit, self.sizes.size)
        return found, standard_errors(self.values, self.unit, found)

    @cached_property
    def deviations(self) -> FloatArray:
        """Values less the median of their unit and axis."""
        return self.values - self.medians[self.unit]

    @cached_property
    def scales(self) -> FloatArray:
        """Robust SD of the deviations on each axis, from their median size; 0 where constant."""
        found = np.zeros(self.values.shape[1])
        # The median of a unit takes up a part of the spread: m / (m - 1) for units of m rows.
        size = self.sizes[self.unit]
        for axis in np.flatnonzero(self.measured):
            several = np.isfinite(self.values[:, axis]) & (size > 1)
            if several.any():
                grown = np.sqrt(size[several] / (size[several] - 1.0))
                sizes = np.abs(self.deviations[several, axis]) * grown
                found[axis] = 1.4826 * smooth_quantile(sizes, 0.5)
        return found

    def first_images(self) -> "PositionRows":
        """The first row of each unit and fraction.

        >>> PositionRows.of([0, 0], [1, 1], [[1, 0, 0], [2, 0, 0]]).first_images().count
        1
        """
        order = np.lexsort((self.index, self.image, self.day, self.fraction, self.unit))
        unit, fraction = self.unit[order], self.fraction[order]
        changes = (np.diff(unit) != 0) | (np.diff(fraction) != 0)
        return self.kept(np.sort(order[np.r_[True, changes][: order.size]]))

    def sums(self, of_rows: NDArray[Any]) -> FloatArray:
        """Sum over the rows of each unit."""
        found = np.bincount(self.unit, weights=of_rows, minlength=self.sizes.size)
        return np.asarray(found, dtype=np.float64)


def smooth_quantile(values: FloatArray, share: float) -> float:
    """Quantile of values that may be rounded: equal values are spread around their own.

    Parameters: ``values`` float[N], finite, N >= 1; ``share`` in [0, 1]. The cumulative share at
    a value is taken at the middle of those equal to it, and lines join the values.

    >>> smooth_quantile(np.array([0.0, 0.0, 1.0, 1.0, 2.0, 2.0]), 0.5)
    1.0
    """
    different, counts = np.unique(values, return_counts=True)
    middles = (np.cumsum(counts) - 0.5 * counts) / values.size
    return float(np.interp(share, middles, different))


def position_rows(shifts: pl.DataFrame) -> PositionRows:
    """Rows from a frame of canonical shifts; missing optional columns mean their default.

    >>> frame = pl.DataFrame({"patient_id": ["b", "a"], "fraction": [1, 1], "lr_mm": [1.0, 2.0]})
    >>> position_rows(frame).index.tolist()  # patient a comes first
    [1, 0]
    """
    there = shifts.columns
    keys: list[str] = [name for name in UNITS if name in there]
    sources = _label(shifts, "source")
    if sources.n_unique() < 2:
        sources = _label(shifts, "centre")
    names = sources.unique().sort()
    values = [
        shifts[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        if (name := axis_column(axis)) in there
        else np.full(shifts.height, np.nan)
        for axis in TRANSLATIONS
    ]
    day = np.full(shifts.height, np.nan)
    if "acquired_at" in there:
        stamps = shifts["acquired_at"].cast(pl.Datetime("us")).cast(pl.Int64).cast(pl.Float64)
        day = (stamps / _DAY_US).fill_null(float("nan")).to_numpy()
    return PositionRows(
        unit=_numbers(shifts, keys),
        patient=shifts["patient_id"].rank("dense").to_numpy().astype(np.int64) - 1,
        fraction=shifts["fraction"].to_numpy().astype(np.int64),
        values=np.column_stack(values),
        source=sources.cast(pl.Enum(names)).to_physical().to_numpy().astype(np.int64),
        day=day,
        index=np.arange(shifts.height),
        match=_numbers(shifts, [name for name in ("surrogate", "modality") if name in there]),
        image=shifts["image"].fill_null(0).to_numpy().astype(np.int64)
        if "image" in there
        else np.zeros(shifts.height, dtype=np.int64),
        source_names=tuple(names.to_list()),
        patient_names=tuple(shifts["patient_id"].unique().sort().to_list()),
    ).sorted()


def _numbers(shifts: pl.DataFrame, columns: list[str]) -> IntArray:
    """Number of each row's values of the columns; 0 without columns."""
    if not columns:
        return np.zeros(shifts.height, dtype=np.int64)
    ranks = shifts.select(pl.struct(columns).rank("dense")).to_series()
    return ranks.to_numpy().astype(np.int64)


def _label(shifts: pl.DataFrame, column: str) -> pl.Series:
    if column in shifts.columns:
        return shifts[column].fill_null("not stated")
    return pl.Series([column]).new_from_index(0, shifts.height)
