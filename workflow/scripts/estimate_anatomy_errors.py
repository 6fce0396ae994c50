"""Estimate the population statistics of anatomy, absolute and relative to planning."""

import polars as pl

from popmargin.errors.anatomy import estimate_anatomy_errors
from popmargin.pipeline.account import write_flags
from popmargin.pipeline.rows import write_rows
from popmargin.pipeline.script import rule_log


def main(anatomy, anatomy_errors, flags, **estimating):
    """Read one table, estimate against both references, write one table."""
    series = pl.read_parquet(anatomy)
    rows, remarks = [], []
    for relative in (False, True):
        found, said = estimate_anatomy_errors(series, relative_to_planning=relative, **estimating)
        rows += found
        remarks += said
    write_rows(rows, anatomy_errors, "anatomy_errors")
    write_flags(dict.fromkeys(remarks), flags)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
