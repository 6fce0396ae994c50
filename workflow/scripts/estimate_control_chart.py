"""Chart group mean, systematic and random SD over calendar time."""

import polars as pl

from popmargin.errors.control_chart import estimate_control_chart
from popmargin.pipeline.account import flags_table
from popmargin.pipeline.rows import rows_table
from popmargin.pipeline.script import rule_log
from popmargin.tables.write import write_table


def main(shifts, control_chart, flags, **options):
    """Read all shifts, call one library function, write one table."""
    rows, remarks = estimate_control_chart(pl.scan_parquet(shifts), **options)
    table = rows_table(rows, "control_chart", options["group_by"])
    write_table(table, control_chart, contract="control_chart")
    write_table(flags_table(remarks), flags, contract="flags")


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
