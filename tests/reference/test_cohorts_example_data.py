"""The example files are the packaged published numbers in the layouts that users have."""

import polars as pl

from popmargin.core.resources import resource_path
from tests.oracles.cohorts_figures import conventional_figures


def example(name: str) -> pl.DataFrame:
    return pl.read_csv(resource_path("config", "example", name))


def test_teaching_set_in_the_shifts_layout():
    shifts = example("vanherk2004_teaching_set.csv")
    packaged = pl.read_csv(resource_path("reference", "vanherk2004_teaching_set.csv"))
    assert shifts["lr_mm"].to_list() == packaged["x_mm"].to_list()
    assert shifts["fraction"].to_list() == packaged["fraction"].to_list()
    assert shifts["si_mm"].null_count() == shifts["ap_mm"].null_count() == 16


def test_teaching_set_gives_the_published_figures():
    # van Herk 2004: means .8 -.4 .3 .1 and M .2 as printed; Sigma, sigma computed to six digits
    shifts = example("vanherk2004_teaching_set.csv")
    group, systematic, random = conventional_figures(shifts.select("patient_id", "lr_mm").rows())
    assert abs(group - 0.2) < 0.05
    assert abs(systematic - 0.484929118532) < 1e-6
    assert abs(random - 0.415080313514) < 1e-6
    means = shifts.group_by("patient_id", maintain_order=True).agg(pl.col("lr_mm").mean())
    printed = [0.8, -0.4, 0.3, 0.1]
    assert all(
        abs(mean - value) <= 0.05 + 1e-12
        for mean, value in zip(means["lr_mm"], printed, strict=True)
    )


def test_sparing_factors_in_the_anatomy_layout():
    anatomy = example("real_sparing_factors.csv")
    packaged = pl.read_csv(resource_path("reference", "real_sparing_factors.csv"))
    assert anatomy["value"].to_list() == packaged["sparing_factor"].to_list()
    assert anatomy["fraction"].to_list() == packaged["session"].to_list()
    assert anatomy["patient_id"].n_unique() == 16
    assert anatomy["quantity"].unique().to_list() == ["sparing_factor"]
    assert anatomy["unit"].unique().to_list() == [1]
