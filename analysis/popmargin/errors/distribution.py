"""Shape of the errors: histogram and Q-Q points of patient means and of daily deviations.

Assumptions: the unit is patient x course x plan (each plan is a reference of its own); every
unit mean counts once, every fraction counts once.

Limits: a picture, not a test. Unit means carry their own sampling error (variance sigma^2/n), so
their spread is that of the conventional systematic error. Deviations from the mean of n
fractions vary by sigma^2 (1 - 1/n): in short courses they look narrower than the random error.
Units with one fraction have no deviation and are left out of the random level. Pooled deviations
of patients with unequal random errors have heavier tails than any one patient.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from popmargin.core.axes import TRANSLATIONS, axis_column

MAXIMUM_BINS: Final = 200
MAXIMUM_QUANTILES: Final = 200
_UNIT: Final = ("patient_id", "course", "plan")
_RESULT: Final[dict[str, type[pl.DataType]]] = {
    "axis": pl.String,
    "level": pl.String,
    "kind": pl.String,
    "x": pl.Float64,
    "y": pl.Float64,
    "width": pl.Float64,
    "n": pl.Int64,
}


def describe_distribution(
    shifts: pl.DataFrame | pl.LazyFrame, *, group_by: Sequence[str] = ()
) -> pl.DataFrame:
    """Histogram bins and normal Q-Q points per group, axis and level.

    Parameters
    ----------
    shifts : one row per selected image match: ``group``, ``patient_id``, ``course``, ``plan``
        (text), ``lr_mm``, ``si_mm``, ``ap_mm`` in mm (empty = not measured) and the columns named
        in ``group_by``.
    group_by : group columns to carry along, each constant within a ``group``.

    Returns
    -------
    polars.DataFrame
        Contract ``error_distribution``. ``histogram`` rows: ``x`` bin centre and ``width`` in mm,
        ``y`` density per mm (the bars have area 1). ``quantile`` rows: ``x`` normal quantile in
        SD, ``y`` sample quantile in mm. ``n`` values stand behind each; a level with fewer than
        two values has no rows.

    Notes
    -----
    Bins: Freedman and Diaconis, Z Wahrsch 1981;57:453-76, narrowed to 1, 2 or 5 x 10^k mm and
    centred on its multiples, so that logs rounded to 1 mm fall in the middle of their bins.
    Plotting positions: Blom 1958, (i - 3/8)/(n + 1/4); at most 200 points, evenly spaced in the
    normal quantile, so that every value of the tails stays.

    Examples
    --------
    >>> shifts = pl.DataFrame({
    ...     "group": ["all"] * 4, "patient_id": ["a", "a", "b", "b"],
    ...     "course": ["1"] * 4, "plan": ["1"] * 4,
    ...     "lr_mm": [1.0, 3.0, 5.0, 7.0], "si_mm": [0.0] * 4, "ap_mm": [0.0] * 4,
    ... })
    >>> means = describe_distribution(shifts).filter(axis="lr", level="systematic")
    >>> means.filter(kind="quantile")["y"].to_list()
    [2.0, 6.0]
    """
    keys = [*dict.fromkeys([*group_by, "group"])]
    frame = shifts.lazy().select(*keys, *_UNIT, *map(axis_column, TRANSLATIONS)).collect()
    groups = frame.select(keys).unique().sort("group").rows(named=True)
    parts = frame.partition_by("group", as_dict=True)
    rows = [
        {**group, "axis": axis, "level": level, **row}
        for group in groups
        for axis in TRANSLATIONS
        for level, values in _levels(parts[(group["group"],)], axis_column(axis))
        if values.size > 1
        for row in (*_histogram(values), *_quantiles(values))
    ]
    return pl.DataFrame(rows, schema={**dict.fromkeys(keys, pl.String), **_RESULT})


def _levels(frame: pl.DataFrame, column: str) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Sorted unit means, then sorted deviations from them."""
    units = (
        frame.select(*_UNIT, column)
        .drop_nulls(column)
        .sort(*_UNIT, column)  # a float sum must not depend on the order of the rows
        .group_by(_UNIT, maintain_order=True)
        .agg(pl.col(column).alias("value"))
        .with_columns(pl.col("value").list.mean().alias("mean"))
    )
    repeated = units.filter(pl.col("value").list.len() > 1).explode("value", empty_as_null=True)
    yield "systematic", np.sort(units["mean"].to_numpy())
    yield "random", np.sort((repeated["value"] - repeated["mean"]).to_numpy())


def _histogram(values: NDArray[np.float64]) -> Iterator[dict[str, Any]]:
    width = _bin_width(values)
    index = np.floor(values / width + 0.5).astype(np.int64)
    counts = np.bincount(index - index[0])
    density = counts / (values.size * width)
    for offset, height in enumerate(density.tolist()):
        centre = float(index[0] + offset) * width
        yield {"kind": "histogram", "x": centre, "y": height, "width": width, "n": values.size}


def _bin_width(values: NDArray[np.float64]) -> float:
    """Freedman-Diaconis width in mm, down to a round number; 1 mm where nothing varies."""
    quarter, three_quarters = np.quantile(values, (0.25, 0.75))
    wanted = 2.0 * (three_quarters - quarter) / np.cbrt(values.size)
    if wanted <= 0:  # most values equal: Scott 1979, Biometrika 66:605
        wanted = 3.49 * values.std() / np.cbrt(values.size)
    # 2.5 is the widest gap between the round numbers 1, 2, 5 and 10.
    wanted = max(wanted, 2.5 * (values[-1] - values[0]) / (MAXIMUM_BINS - 2))
    if wanted < 1e-6:  # a nanometre: only rounding noise is left
        return 1.0
    decade = 10.0 ** np.floor(np.log10(wanted))
    return float(max(step * decade for step in (1, 2, 5) if step * decade <= wanted))


def _quantiles(values: NDArray[np.float64]) -> Iterator[dict[str, Any]]:
    from scipy.special import ndtri

    normal = ndtri((np.arange(1, values.size + 1) - 0.375) / (values.size + 0.25))
    kept = np.arange(values.size)
    if values.size > MAXIMUM_QUANTILES:
        evenly = np.linspace(normal[0], normal[-1], MAXIMUM_QUANTILES)
        kept = np.unique(np.searchsorted(normal, evenly))
    for x, y in zip(normal[kept].tolist(), values[kept].tolist(), strict=True):
        yield {"kind": "quantile", "x": x, "y": y, "width": None, "n": values.size}
