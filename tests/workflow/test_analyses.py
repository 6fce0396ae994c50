"""Analyses of three kinds, and bone beside soft tissue, in one run of the workflow."""

import polars as pl
import pytest

from popmargin.core.random_streams import random_stream
from tests.oracles.quality_cohorts import clean_cohort
from tests.workflow.checkout import Checkout

CONFIG = """
study: kinds
sources:
  - label: everything
    path: shifts.csv
    quantity: setup_error
    columns: {timing: timing, surrogate: surrogate}
errors: {surrogate: bone}
margins: {recipes: [van_herk_linear]}
analyses:
  - {error: inter_fraction, surrogate: soft_tissue}
  - {error: residual, surrogate: bone}
  - {error: intra_fraction, surrogate: bone}
organ_motion: {}
"""
AXES = ("lr_mm", "si_mm", "ap_mm")


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Both tables, and the main margins beside them."""
    checkout = Checkout.copy(tmp_path_factory.mktemp("analyses"))
    rng = random_stream(5, "kinds")
    bone, after, motion = (
        clean_cohort(rng, group_mean_mm=0.0, systematic_sd_mm=sd, random_sd_mm=sd)
        .select("patient_id", "fraction", *AXES)
        .with_columns(timing=pl.lit(timing), surrogate=pl.lit("bone"))
        for sd, timing in (
            (2.0, "before_correction"),
            (0.8, "after_correction"),
            (0.5, "after_treatment"),
        )
    )
    soft = bone.with_columns(
        *(pl.col(name) + pl.Series(rng.normal(size=800)).round(1) for name in AXES),
        surrogate=pl.lit("soft_tissue"),
    )
    end = motion.with_columns(*(pl.col(name) + after[name] for name in AXES))
    pl.concat([bone, soft, after, end]).write_csv(checkout.here / "shifts.csv")
    (checkout.here / "kinds.yaml").write_text(CONFIG)
    folder = "results/kinds/tables"
    wanted = [f"{folder}/{name}.csv" for name in ("analysis_errors", "organ_motion", "margins")]
    checkout.done("--configfile", "kinds.yaml", "--", *wanted)
    return {path.stem: pl.read_csv(path) for path in (checkout.here / folder).glob("*.csv")}


def test_every_analysis_stands_by_itself_and_says_what_it_covers(tables):
    table = tables["analysis_errors"]
    assert table.select("analysis", "covers").unique(maintain_order=True).rows() == [
        (
            "inter_fraction, soft_tissue",
            "set-up error before correction only, matched on soft tissue",
        ),
        ("residual, bone", "residual error after correction only, matched on bone"),
        (
            "intra_fraction, bone",
            "change of position from before to after treatment only, matched on bone",
        ),
    ]
    means = table.group_by("analysis", maintain_order=True).agg(pl.col("margin_mm").mean())
    first, second, third = means["margin_mm"].to_list()
    assert first > 2 * second > 2 * third > 0
    assert set(tables["margins"]["covers"]) == {
        "set-up error before correction only, matched on bone"
    }


def test_set_up_and_motion_stand_apart(tables):
    table = tables["organ_motion"]
    assert table.height == 6
    random = table.filter(level="random")
    assert (random["motion_sd_mm"] - 1.0).abs().max() < 0.1
    assert (random["setup_sd_mm"] - 2.0).abs().max() < 0.2
    assert random["covariance_mm2"].abs().max() < 0.3
