"""The units of a study by group and axis, from their table, and the errors estimated from them.

Units are read one group and axis at a time, and only the numbers are kept: the table of a country
has a row for every patient and axis.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from popmargin.core.axes import AXES
from popmargin.errors.population import (
    AxisData,
    AxisEstimate,
    axis_data_of_table,
    estimate_population_errors,
)
from popmargin.tables.result import refused_unless_readable, scan_result


def read_units(unit_summaries: str | Path, group_by: Sequence[str] = ()) -> list[AxisData]:
    """Units by group and axis, as `popmargin.errors.population.axis_data_of_table` gives them.

    Parameters
    ----------
    unit_summaries : Parquet file of contract ``unit_summaries``.  group_by : its group columns.

    Raises
    ------
    RefusedInput : when the file is not such a table.
    """
    names = ["axis", "patient_id", "course", "plan", "n_fractions", "mean", "sum_of_squares"]
    columns = list(dict.fromkeys([*group_by, "group", *names]))
    found: list[AxisData] = []
    with refused_unless_readable(Path(unit_summaries), "unit_summaries"):
        table = scan_result(unit_summaries).select(columns)
        parts = table.select("group", "axis").unique().collect(engine="streaming")
        for group, axis in sorted(parts.rows(), key=lambda part: (part[0], AXES.index(part[1]))):
            part = table.filter(pl.col("group") == group, pl.col("axis") == axis)
            found += axis_data_of_table(part.collect(engine="streaming"), group_by)
    # Stable: the axes of a group stay in their order.
    return sorted(found, key=lambda item: (item.group, *map(str, item.columns.values())))


def read_estimates(
    unit_summaries: str | Path, group_by: Sequence[str], **estimating: Any
) -> list[AxisEstimate]:
    """Population errors of the units of a table, with the draws that no table keeps.

    Parameters
    ----------
    unit_summaries, group_by : as in `read_units`.
    estimating : as in `popmargin.errors.population.estimate_population_errors`.

    Raises
    ------
    RefusedInput : when the file is not such a table.
    """
    estimates, _ = estimate_population_errors(read_units(unit_summaries, group_by), **estimating)
    return estimates
