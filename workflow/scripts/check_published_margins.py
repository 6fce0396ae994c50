"""Put published errors and margins beside the study, and say which margins reproduce."""

import polars as pl

from popmargin.margins.published import check_published_margins, published_population_errors
from popmargin.pipeline.rows import write_result
from popmargin.pipeline.script import rule_log

# Names that papers use for the patient axes; X, Y, Z and numbered axes stay unassigned.
AXES = {
    **dict.fromkeys(("LR", "RL", "LL", "ML", "lat"), "lr"),
    **dict.fromkeys(("SI", "CC", "lng"), "si"),
    **dict.fromkeys(("AP", "vrt"), "ap"),
}


def main(literature, *, sites):
    """Judge every published row of the wanted sites; all sites where none is named."""
    published = published_population_errors()
    if sites:
        published = published.filter(pl.col("site").is_in(sites))
    checked = check_published_margins(published)
    parts = [pl.col(name).replace("", None) for name in ("quantity", "correction_state")]
    table = checked.with_columns(
        pl.col("axis").alias("published_axis"),
        pl.col("axis").replace_strict(AXES, default=None, return_dtype=pl.String),
        pl.concat_str(parts, separator=", ", ignore_nulls=True).alias("condition"),
        pl.col("n_patients").cast(pl.Int64),
    )
    write_result(table, literature)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.output, **snakemake.params.options)
