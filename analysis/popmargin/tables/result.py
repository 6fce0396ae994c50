"""Read back a result table that `write_table` wrote, typed by its contract."""

from pathlib import Path

import polars as pl

from popmargin.core.exceptions import RefusedInput
from popmargin.tables.contract import find_contract
from popmargin.tables.write import conform


def read_result(path: str | Path, contract: str) -> pl.DataFrame:
    """Typed frame of a result table (CSV or Parquet); empty cells are null.

    Raises `RefusedInput` when the file is not such a table.
    """
    file = Path(path)
    try:
        if file.suffix == ".parquet":
            return pl.read_parquet(file)
        text = pl.read_csv(file, infer_schema=False)
        return conform(text, find_contract(contract))
    except (OSError, pl.exceptions.PolarsError) as error:
        found = str(error).splitlines()[0]
        raise RefusedInput(
            file.name, f"a {contract} table", found, "run the workflow again"
        ) from None
