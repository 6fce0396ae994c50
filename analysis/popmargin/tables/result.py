"""Read back a result table that `write_table` wrote, typed by its contract."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from popmargin.core.exceptions import RefusedInput
from popmargin.tables.contract import find_contract
from popmargin.tables.write import column_types, conform


def read_result(path: str | Path, contract: str) -> pl.DataFrame:
    """Typed frame of a result table (CSV or Parquet); empty cells are null.

    Raises `RefusedInput` when the file is not such a table.
    """
    file = Path(path)
    with _refused(file, contract):
        if file.suffix == ".parquet":
            return pl.read_parquet(file)
        text = pl.read_csv(file, infer_schema=False)
        return conform(text, find_contract(contract))


def read_columns(
    path: str | Path, contract: str, columns: Sequence[str], where: pl.Expr
) -> pl.DataFrame:
    """Some columns and rows of a result table (CSV), typed; the rest is never held in memory.

    ``where`` speaks of the columns as text. Raises `RefusedInput` when the file is not such a
    table.
    """
    file = Path(path)
    with _refused(file, contract):
        text = pl.scan_csv(file, infer_schema=False, glob=False)
        part = text.filter(where).select(columns).collect(engine="streaming")
        return part.cast(column_types(columns, find_contract(contract)))  # type: ignore[arg-type]


@contextmanager
def _refused(file: Path, contract: str) -> Iterator[None]:
    try:
        yield
    except (OSError, pl.exceptions.PolarsError) as error:
        found = str(error).splitlines()[0]
        raise RefusedInput(
            file.name, f"a {contract} table", found, "run the workflow again"
        ) from None
