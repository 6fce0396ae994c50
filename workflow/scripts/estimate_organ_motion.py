"""Set set-up error and organ motion apart, from two matches of one fraction."""

import polars as pl

from popmargin.errors.organ_motion import estimate_organ_motion
from popmargin.pipeline.account import flags_table
from popmargin.pipeline.rows import rows_table
from popmargin.pipeline.script import rule_log
from popmargin.tables.write import write_table


def main(shifts, organ_motion, flags, *, group_by, **options):
    """Read all shifts, pair the matches, write both errors with their covariance."""
    rows, remarks = estimate_organ_motion(pl.scan_parquet(shifts), group_by=group_by, **options)
    write_table(rows_table(rows, "organ_motion", group_by), organ_motion, contract="organ_motion")
    write_table(flags_table(remarks), flags, contract="flags")


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
