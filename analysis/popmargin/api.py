"""The library on data frames: what the command does, in three lines of Python.

Heavy parts are imported when they are used, so that ``import popmargin`` stays light.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    import polars as pl

    from popmargin.core.flags import Flag
    from popmargin.errors.population import AxisEstimate
    from popmargin.errors.quantity import Estimator


def read_shifts(path: str | Path, *, by: Sequence[str] = (), **declared: Any) -> pl.DataFrame:
    """Canonical shifts of a CSV, TSV, XLSX or Parquet file; ids are text, never numbers.

    ``by`` names further columns to keep; ``declared`` is what the source says of itself (``units``,
    ``signs``, ``decimal`` and so on, see `popmargin.tables.source.SourceDeclaration`). Raises
    `RefusedInput` when the table cannot be trusted; rows that cannot be used are left out, at most
    5 % of them: ``popmargin check`` lists them.
    """
    from popmargin.tables.read import read_table
    from popmargin.tables.source import SourceDeclaration

    return read_table(path, SourceDeclaration(label=str(path), **declared), keep=by).complete()


def estimate_population_errors(
    shifts: pl.DataFrame | pl.LazyFrame | pd.DataFrame,
    *,
    by: Sequence[str] = (),
    timing: str = "before_correction",
    estimator: Estimator = "anova",
    confidence_level: float = 0.95,
    seed: int = 1,
) -> pl.DataFrame:
    """M, systematic and random SD of every group and axis, with intervals.

    They are those of the rows as they are: `find_quality_faults` says what seems wrong with them.

    Parameters
    ----------
    shifts : polars or pandas frame with ``patient_id`` (text), ``fraction``, ``lr_mm``, ``si_mm``,
        ``ap_mm`` as position errors; optional columns as in ``data_schema/shifts.json``. Read
        files by `read_shifts`: other readers turn the id 00123 into 123.
    by : group columns.  timing, estimator, confidence_level, seed : as on the command line.

    Returns
    -------
    Rows of contract ``population_errors``; null where not estimable, with the ``reason``.
    """
    from popmargin.errors.population import errors_table

    return errors_table(
        _estimate(_canonical(shifts, by), by, timing, estimator, confidence_level, seed)
    )


def estimate_margins(
    shifts: pl.DataFrame | pl.LazyFrame | pd.DataFrame,
    *,
    recipes: Sequence[str] = ("van_herk",),
    by: Sequence[str] = (),
    timing: str = "before_correction",
    estimator: Estimator = "anova",
    confidence_level: float = 0.95,
    seed: int = 1,
    fractions: int | None = None,
    overrides: Mapping[str, str] | None = None,
    **options: float,
) -> pl.DataFrame:
    """Margins by recipe of every group and axis, with intervals and what they cover.

    ``options`` are those of the recipes (``penumbra_sd_mm``, ``dose_level``, ``population``); the
    other parameters are those of `estimate_population_errors` and the command line. Where a silent
    fault of the log blocks margins they are null and ``reason`` names its flag, until ``overrides``
    (flag to reason in words) answers for it.
    """
    import polars as pl

    from popmargin.errors.meaning import describe_error
    from popmargin.margins import estimate
    from popmargin.margins.registry import find_recipe

    frame = _canonical(shifts, by)
    blocking = {flag.code for flag in _faults(frame, by, timing) if flag.severity == "block"}
    standing = sorted(blocking - {flag for flag, why in (overrides or {}).items() if why.strip()})
    rows, _ = estimate.estimate_margins(
        _estimate(frame, by, timing, estimator, confidence_level, seed),
        [find_recipe(name) for name in recipes],
        covers=describe_error(timing),
        options=options,
        fractions=fractions,
        withheld=bool(standing),
    )
    if standing:
        why = f"{estimate.WITHHELD}: {', '.join(standing)} (see find_quality_faults)"
        rows = [{**row, "reason": why} for row in rows]
    return pl.DataFrame(rows, infer_schema_length=None)


def find_quality_faults(
    shifts: pl.DataFrame | pl.LazyFrame | pd.DataFrame,
    *,
    by: Sequence[str] = (),
    timing: str = "before_correction",
) -> pl.DataFrame:
    """Silent faults that the rows show: code, severity, message, patients, effect on the margin.

    Parameters: those of `estimate_population_errors`. Every group is looked at by itself.
    """
    from popmargin.pipeline.account import flags_table

    return flags_table(_faults(_canonical(shifts, by), by, timing))


def describe_recipes() -> list[dict[str, Any]]:
    """The margin recipes: name, formula, source, status, conditions, limits, options."""
    from popmargin.margins import registry

    return [dict(row) for row in registry.describe_recipes()]


def _faults(shifts: pl.LazyFrame, by: Sequence[str], timing: str) -> tuple[Flag, ...]:
    from popmargin.quality import find_faults

    return find_faults.find_quality_faults(shifts, group_by=by, timing=timing).flags


def _estimate(
    shifts: pl.LazyFrame,
    by: Sequence[str],
    timing: str,
    estimator: Estimator,
    confidence_level: float,
    seed: int,
) -> list[AxisEstimate]:
    from popmargin.errors import population
    from popmargin.errors.units import summarise_units

    estimates, _ = population.estimate_population_errors(
        population.axis_data(summarise_units(shifts, group_by=by, timing=timing)),
        estimators=[estimator],
        confidence_level=confidence_level,
        seed=seed,
    )
    return estimates


def _canonical(
    shifts: pl.DataFrame | pl.LazyFrame | pd.DataFrame, by: Sequence[str]
) -> pl.LazyFrame:
    """A frame checked and parsed as a file would be."""
    import polars as pl

    from popmargin.tables.read import read_frame
    from popmargin.tables.source import SourceDeclaration

    frame = shifts if isinstance(shifts, pl.DataFrame | pl.LazyFrame) else _from_pandas(shifts)
    return read_frame(frame, SourceDeclaration(label="data frame"), keep=by).frame


def _from_pandas(frame: pd.DataFrame) -> pl.DataFrame:
    """A pandas frame as polars, without pyarrow; missing texts become empty, ids stay text."""
    import polars as pl

    columns = {}
    for name in frame.columns:
        series = frame[name]
        numeric = series.dtype.kind in "iuf"
        columns[str(name)] = (
            series.to_numpy()
            if numeric
            else [
                None if missing else str(v)
                for v, missing in zip(series, series.isna(), strict=True)
            ]
        )
    # A missing number is "not measured" in pandas; NaN in a frame of ours is refused.
    return pl.DataFrame(columns).with_columns(pl.col(pl.Float64).fill_nan(None))
