"""Read back a result table that `write_table` wrote, typed by its contract."""

from collections.abc import Iterator
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
    with refused_unless_readable(file, contract):
        if file.suffix == ".parquet":
            return pl.read_parquet(file)
        text = pl.read_csv(file, infer_schema=False)
        return conform(text, find_contract(contract))


def scan_result(path: str | Path) -> pl.LazyFrame:
    """Lazy rows of a result table: typed where it is Parquet, text where it is CSV."""
    file = Path(path)
    if file.suffix == ".parquet":
        return pl.scan_parquet(file, glob=False)
    return pl.scan_csv(file, infer_schema=False, glob=False)


def typed_columns(texts: pl.LazyFrame, contract: str) -> pl.DataFrame:
    """Columns of text as the types that ``contract`` gives them; others stay text."""
    part = texts.collect(engine="streaming")
    types = column_types(part.columns, find_contract(contract))
    return part.cast(types)  # type: ignore[arg-type]


@contextmanager
def refused_unless_readable(file: Path, contract: str) -> Iterator[None]:
    """Within it, what cannot be read is `RefusedInput`: not a table of ``contract``."""
    try:
        yield
    except (OSError, pl.exceptions.PolarsError) as error:
        found = str(error).splitlines()[0]
        raise RefusedInput(
            file.name, f"a {contract} table", found, "run the workflow again"
        ) from None
