"""Chart group mean, systematic and random SD over calendar time."""

import polars as pl

from popmargin.errors.control_chart import estimate_control_chart
from popmargin.pipeline.account import write_flags
from popmargin.pipeline.rows import write_rows
from popmargin.pipeline.script import rule_log


def main(shifts, control_chart, flags, **options):
    """Read all shifts, call one library function, write one table."""
    rows, remarks = estimate_control_chart(pl.scan_parquet(shifts), **options)
    write_rows(rows, control_chart, "control_chart", options["group_by"])
    write_flags(remarks, flags)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
