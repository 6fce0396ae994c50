"""Set set-up error and organ motion apart, from two matches of one fraction."""

import polars as pl

from popmargin.errors.organ_motion import estimate_organ_motion
from popmargin.pipeline.account import write_flags
from popmargin.pipeline.rows import write_rows
from popmargin.pipeline.script import rule_log


def main(shifts, organ_motion, flags, *, group_by, **options):
    """Read all shifts, pair the matches, write both errors with their covariance."""
    rows, remarks = estimate_organ_motion(pl.scan_parquet(shifts), group_by=group_by, **options)
    write_rows(rows, organ_motion, "organ_motion", group_by)
    write_flags(remarks, flags)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
