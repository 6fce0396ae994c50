"""Write a synthetic cohort as a folder of a vendor's files."""

import polars as pl

from popmargin.cohorts.exports.write import write_export_folder
from popmargin.pipeline.script import rule_log


def main(cohort, folder, *, layout):
    """What a clinic would have exported; the study then reads it as it reads a clinic's."""
    write_export_folder(pl.read_parquet(cohort), folder, layout)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
