"""Result tables between rules: by contract where there is one, and complete without rows."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from popmargin.core.exceptions import WrongUsage
from popmargin.pipeline.within_reach import read_units_shown
from popmargin.tables.contract import find_contract
from popmargin.tables.result import read_result
from popmargin.tables.write import write_table


def rows_table(
    rows: Sequence[Mapping[str, Any]], contract: str, group_by: Sequence[str] = ()
) -> pl.DataFrame:
    """Flat rows as a table of ``contract`` with the group columns before it; also without rows.

    >>> rows_table([], "fraction_trend", ["site"]).columns[:3]
    ['site', 'group', 'axis']
    """
    names = list(dict.fromkeys([*group_by, *find_contract(contract).names]))
    if rows:
        return pl.DataFrame(rows, infer_schema_length=None).select(names)
    return pl.DataFrame(schema=dict.fromkeys(names, pl.String))


def write_rows(
    rows: Sequence[Mapping[str, Any]],
    path: str | Path,
    contract: str,
    group_by: Sequence[str] = (),
) -> None:
    """Write flat rows as a table of ``contract``, as `rows_table` makes it.

    Raises `PopmarginError` for NaN or infinite values and for a missing column.
    """
    write_table(rows_table(rows, contract, group_by), path, contract=contract)


def in_both_units(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of translations and rotations with the columns of both; the other unit's are empty.

    >>> in_both_units([{"axis": "yaw", "random_sd_deg": 1.0}])
    [{'axis': 'yaw', 'random_sd_deg': 1.0, 'random_sd_mm': None}]
    """
    units = ("_mm", "_deg")
    return [
        {
            **row,
            **{
                other: None
                for key in row
                for one, two in (units, units[::-1])
                if (other := re.sub(f"{one}(?=_per_fraction$|$)", two, key)) not in row
            },
        }
        for row in rows
    ]


def write_result(frame: pl.DataFrame, path: str | Path) -> None:
    """Write a result table; the file's stem names its contract, where there is one.

    Raises `PopmarginError` for NaN or infinite values and for a missing column.
    """
    write_table(frame, path, contract=_contract_of(Path(path).stem))


def read_named(path: str | Path) -> pl.DataFrame:
    """A result table typed by the contract that its file's stem names.

    Without a contract every column is read as a number where all its cells are numbers, except
    ``group``, which is always text. Of very many patients every so many are read
    (`popmargin.pipeline.within_reach`). Raises `RefusedInput` when the file is no such table.
    """
    contract = _contract_of(Path(path).stem)
    if contract == "unit_summaries":
        return read_units_shown(path)
    if contract:
        return read_result(path, contract)
    return pl.read_csv(path, infer_schema_length=None, schema_overrides={"group": pl.String})


def _contract_of(name: str) -> str | None:
    try:
        return find_contract(name).name
    except WrongUsage:
        return None
