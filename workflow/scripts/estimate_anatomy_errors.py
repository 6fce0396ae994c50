"""Estimate the population statistics of anatomy, absolute and relative to planning."""

import polars as pl

from popmargin.errors.anatomy import estimate_anatomy_errors
from popmargin.pipeline.account import flags_table
from popmargin.pipeline.rows import rows_table
from popmargin.pipeline.script import rule_log
from popmargin.tables.write import write_table


def main(anatomy, anatomy_errors, flags, **estimating):
    """Read one table, estimate against both references, write one table."""
    series = pl.read_parquet(anatomy)
    rows, remarks = [], []
    for relative in (False, True):
        found, said = estimate_anatomy_errors(series, relative_to_planning=relative, **estimating)
        rows += found
        remarks += said
    table = rows_table(rows, "anatomy_errors")
    write_table(table, anatomy_errors, contract="anatomy_errors")
    write_table(flags_table(dict.fromkeys(remarks)), flags, contract="flags")


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
