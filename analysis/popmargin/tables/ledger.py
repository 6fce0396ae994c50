"""The ledger: rows read = rows used + rows set aside, by source and stage, with the reason."""

import polars as pl

from popmargin.core.exceptions import PopmarginError
from popmargin.tables.parse import REASONS, ROW

LEDGER_SCHEMA = {
    "source": pl.String,
    "stage": pl.String,
    "status": pl.String,
    "reason": pl.String,
    "row": pl.Int64,
    "column": pl.String,
    "rows": pl.Int64,
    "message": pl.String,
}


def ledger_lines(source: str, stage: str, bad: pl.DataFrame, used: int) -> pl.DataFrame:
    """Ledger of one source at one stage: one line for the rows used, one a row set aside.

    ``bad`` has columns ``source_row``, ``reason`` and ``column``.
    """
    total = pl.DataFrame(
        [(source, stage, "used", "", None, "", used, "rows used")],
        schema=LEDGER_SCHEMA,
        orient="row",
    )
    lines = bad.select(
        pl.lit(source).alias("source"),
        pl.lit(stage).alias("stage"),
        pl.lit("set_aside").alias("status"),
        "reason",
        pl.col(ROW).cast(pl.Int64).alias("row"),
        pl.col("column").fill_null("").alias("column"),
        pl.lit(1, dtype=pl.Int64).alias("rows"),
        pl.col("reason").replace(REASONS).alias("message"),
    )
    return pl.concat([total, lines.cast(LEDGER_SCHEMA)])  # type: ignore[arg-type]


def check_ledger(ledger: pl.DataFrame, rows_read: dict[str, int]) -> None:
    """Raise `PopmarginError` unless, for each source, used + set aside = rows read."""
    for source, read in rows_read.items():
        counted = int(ledger.filter(pl.col("source") == source)["rows"].sum())
        if counted != read:
            raise PopmarginError(
                f"ledger of source {source}: {read} rows were read but {counted} are accounted "
                "for; this is a defect of popmargin, not of the data: please report it"
            )
