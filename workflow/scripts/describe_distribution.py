"""Describe the shape of the errors by histograms and normal quantiles."""

import polars as pl

from popmargin.errors.distribution import describe_distribution
from popmargin.pipeline.rows import write_result
from popmargin.pipeline.script import rule_log


def main(selected, error_distribution, **options):
    """Read the chosen images, call one library function, write one table."""
    write_result(describe_distribution(pl.scan_parquet(selected), **options), error_distribution)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
