"""Put published errors and margins beside the study, and say which margins reproduce."""

import polars as pl

from popmargin.margins.published import check_published_margins, published_population_errors
from popmargin.pipeline.rows import write_result
from popmargin.pipeline.script import rule_log


def main(literature, *, sites):
    """Judge every published row of the wanted sites; all sites where none is named."""
    published = published_population_errors()
    if sites:
        published = published.filter(pl.col("site").is_in(sites))
    write_result(check_published_margins(published), literature)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.output, **snakemake.params.options)
