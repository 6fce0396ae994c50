"""Write tables: CSV for results, Parquet for what is passed on; always whole, never NaN."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import polars.selectors as cs
from polars.io.plugins import register_io_source

from popmargin.core.atomic import atomic_path
from popmargin.core.exceptions import PopmarginError
from popmargin.tables.contract import Contract, find_contract

_TYPES: dict[str, pl.DataType] = {
    "string": pl.String(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "datetime": pl.Datetime("us"),
}


def write_table(frame: pl.DataFrame, path: str | Path, contract: str | None = None) -> None:
    """Write ``frame`` to ``path`` (``.csv`` or ``.parquet``), atomically.

    With a ``contract`` the columns are put in its order, cast to its types, and refused when one
    is missing. NaN and infinite values are refused everywhere: "not estimable" is an empty cell.
    Numbers are written with the shortest text that reads back to the same value.
    """
    table = _writable(frame, Path(path).name, contract)
    with atomic_path(path) as temporary:
        if temporary.suffix == ".parquet":
            table.write_parquet(temporary)
        else:
            table.write_csv(temporary)


def write_pieces(
    pieces: Iterable[pl.DataFrame], path: str | Path, contract: str | None = None
) -> None:
    """As `write_table`, for a table that comes piece by piece and is never held as a whole.

    ``pieces`` yields at least one frame, and frames of the same columns. An error of its own
    passes through, and nothing is written then.
    """
    rest = (_writable(piece, Path(path).name, contract) for piece in pieces)
    first = next(rest)
    errors: list[BaseException] = []

    def source(*_: Any) -> Iterator[pl.DataFrame]:
        try:
            yield first
            yield from rest
        except BaseException as error:
            errors.append(error)
            raise

    table = register_io_source(source, schema=first.schema)
    with atomic_path(path) as temporary:
        try:
            if temporary.suffix == ".parquet":
                table.sink_parquet(temporary)
            else:
                table.sink_csv(temporary)
        except pl.exceptions.ComputeError as error:
            # polars keeps the words of an error in a source and not its kind.
            raise errors[0] if errors else error from None


def _writable(frame: pl.DataFrame, name: str, contract: str | None) -> pl.DataFrame:
    """The frame after its contract, without a number that is none."""
    table = frame if contract is None else conform(frame, find_contract(contract))
    faulty = [
        column
        for column in table.select(cs.float()).columns
        if not table[column].drop_nulls().is_finite().all()
    ]
    if faulty:
        raise PopmarginError(
            f"{name}: column {faulty[0]} holds NaN or an infinite value; "
            "this is a defect of popmargin: please report it"
        )
    return table


def conform(frame: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """Columns in the order and types of ``contract``; others first, where it keeps them."""
    missing = [name for name in contract.names if name not in frame.columns]
    if missing:
        raise PopmarginError(f"table {contract.name} lacks its column {', '.join(missing)}")
    others = [name for name in frame.columns if name not in contract.names]
    kept = others if contract.keeps_other_columns else []
    casts = [pl.col(field.name).cast(_TYPES[field.type]) for field in contract.fields]
    return frame.select(*kept, *casts)


def column_types(columns: Sequence[str], contract: Contract) -> dict[str, pl.DataType]:
    """Types that a contract gives to its columns; others keep the one they have."""
    return {name: _TYPES[field.type] for name in columns if (field := contract.field(name))}
