"""Write a synthetic cohort as a clinic's own sheet."""

import polars as pl

from popmargin.cohorts.exports.write import write_export_workbook
from popmargin.pipeline.script import rule_log


def main(cohort, workbook):
    """What a clinic would have typed; the study then reads it as it reads a clinic's."""
    write_export_workbook(pl.read_parquet(cohort), workbook)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output)
