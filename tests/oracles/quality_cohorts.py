"""Clean cohorts for tests of the quality flags: 40 patients x 20 fractions from two sources."""

import polars as pl

from popmargin.cohorts.simulate import simulate_cohort


def clean_cohort(rng, *, grid_mm=0.1, **changes):
    """M = 1, Sigma = sigma = 2 mm unless changed, values on a grid."""
    truth = {"group_mean_mm": 1.0, "systematic_sd_mm": 2.0, "random_sd_mm": 2.0}
    settings = {"fractions": [20] * 40, **truth, **changes}
    odd = pl.col("patient_id").rank("dense") % 2 == 1
    return simulate_cohort(rng=rng, **settings).with_columns(
        pl.col("lr_mm", "si_mm", "ap_mm").truediv(grid_mm).round().mul(grid_mm),
        source=pl.when(odd).then(pl.lit("a")).otherwise(pl.lit("b")),
    )
