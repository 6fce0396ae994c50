"""Write tables: CSV for results, Parquet for what is passed on; always whole, never NaN."""

from pathlib import Path

import polars as pl
import polars.selectors as cs

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
    table = frame if contract is None else conform(frame, find_contract(contract))
    faulty = [
        name
        for name in table.select(cs.float()).columns
        if not table[name].drop_nulls().is_finite().all()
    ]
    if faulty:
        raise PopmarginError(
            f"{Path(path).name}: column {faulty[0]} holds NaN or an infinite value; "
            "this is a defect of popmargin: please report it"
        )
    with atomic_path(path) as temporary:
        if temporary.suffix == ".parquet":
            table.write_parquet(temporary)
        else:
            table.write_csv(temporary)


def conform(frame: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """Columns in the order and types of ``contract``; others first, where it keeps them."""
    missing = [name for name in contract.names if name not in frame.columns]
    if missing:
        raise PopmarginError(f"table {contract.name} lacks its column {', '.join(missing)}")
    others = [name for name in frame.columns if name not in contract.names]
    kept = others if contract.keeps_other_columns else []
    casts = [pl.col(field.name).cast(_TYPES[field.type]) for field in contract.fields]
    return frame.select(*kept, *casts)
