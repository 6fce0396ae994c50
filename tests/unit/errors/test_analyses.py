"""Inter-fraction, residual and intra-fraction errors of one log, each by itself."""

import numpy as np
import polars as pl
import pytest

from popmargin.core.exceptions import RefusedInput
from popmargin.errors.analyses import Analysis, analyses_of, estimate_analysis
from popmargin.errors.intrafraction import intrafraction_errors

AXES = ("lr_mm", "si_mm", "ap_mm")
TRUTH = {
    "before_correction": (3.0, 2.0),
    "after_correction": (0.5, 1.0),
    "after_treatment": (0.5, 1.0),
}


@pytest.fixture
def log():
    """60 patients x 12 fractions, three images each; motion 0.8 / 0.6 mm on every axis."""
    rng = np.random.default_rng(3)
    parts = []
    patients, fractions = np.repeat(np.arange(60), 12), np.tile(np.arange(1, 13), 60)
    base = {"patient_id": [f"p{p:02d}" for p in patients], "fraction": fractions}
    left = None
    for timing, (between, within) in TRUTH.items():
        drawn = between * rng.normal(size=(60, 3))[patients] + within * rng.normal(size=(720, 3))
        if timing == "after_correction":
            left = drawn
        if timing == "after_treatment":
            motion = 0.8 * rng.normal(size=(60, 3))[patients] + 0.6 * rng.normal(size=(720, 3))
            drawn = left + 0.3 + motion
        parts.append(
            pl.DataFrame(base | dict(zip(AXES, drawn.T, strict=True))).with_columns(
                timing=pl.lit(timing)
            )
        )
    return pl.concat(parts)


@pytest.mark.parametrize(
    ("error", "mean", "systematic", "random", "covers"),
    [
        ("inter_fraction", 0.0, 3.0, 2.0, "set-up error before correction only"),
        ("residual", 0.0, 0.5, 1.0, "residual error after correction only"),
        ("intra_fraction", 0.3, 0.8, 0.6, "change of position from before to after treatment only"),
    ],
)
def test_each_analysis_finds_its_own_truth(log, error, mean, systematic, random, covers):
    found = estimate_analysis(log, Analysis(error))
    assert found.analysis.covers == covers
    for item in found.estimates:
        estimate = item.estimate
        # Three standard errors of each (methods: precision of Sigma and sigma).
        assert estimate.group_mean == pytest.approx(mean, abs=3 * systematic / 60**0.5)
        assert estimate.systematic_sd == pytest.approx(systematic, rel=0.35)
        assert estimate.random_sd == pytest.approx(random, rel=0.09)


def test_intrafraction_errors_are_differences_of_the_same_fraction(log):
    rows, flags = intrafraction_errors(log)
    wide = log.pivot("timing", index=["patient_id", "fraction"], values="ap_mm")
    both = rows.collect().join(wide, on=["patient_id", "fraction"])
    difference = both["after_treatment"] - both["after_correction"]
    assert (both["ap_mm"] - difference).abs().max() == 0.0
    assert flags == []


def test_fractions_without_both_images_are_left_out_and_counted(log):
    some = log.filter((pl.col("timing") != "after_treatment") | (pl.col("fraction") % 3 == 0))
    rows, (flag,) = intrafraction_errors(some)
    assert rows.collect().height == 240
    assert flag.code == "fractions_without_both_images"
    assert "240 fractions have both images, 480 only that after correction" in flag.message


def test_without_a_correction_it_must_be_said(log):
    uncorrected = log.filter(pl.col("timing") != "after_correction")
    with pytest.raises(RefusedInput, match="fractions with both images"):
        intrafraction_errors(uncorrected)
    rows, flags = intrafraction_errors(uncorrected, reference="before_correction")
    assert rows.collect().height == 720
    assert [flag.code for flag in flags] == ["intrafraction_from_uncorrected"]
    found = estimate_analysis(uncorrected, Analysis("intra_fraction"))
    assert found.estimates == ()
    assert [flag.code for flag in found.flags] == ["analysis_without_rows"]


def test_rows_of_one_timing_never_reach_another_analysis(log):
    other = log.with_columns(
        pl.when(pl.col("timing") == "after_correction").then(50.0).otherwise(n).alias(n)
        for n in AXES
    )
    one, two = (estimate_analysis(rows, Analysis("inter_fraction")) for rows in (log, other))
    assert [e.row() for e in one.estimates] == [e.row() for e in two.estimates]


def test_a_new_plan_is_a_unit_of_its_own_in_every_analysis(log):
    plans = log.with_columns(
        plan=pl.when(pl.col("fraction") > 6).then(pl.lit("2")).otherwise(pl.lit("1"))
    )
    for error in ("inter_fraction", "residual", "intra_fraction"):
        found = estimate_analysis(plans, Analysis(error))
        rows = [item.row() for item in found.estimates]
        assert {(row["n_patients"], row["n_units"]) for row in rows} == {(60, 120)}
        assert "units_differ_from_patients" in [flag.code for flag in found.flags]


def test_a_surrogate_is_part_of_the_name():
    stated = [{"error": "residual", "surrogate": "bone"}, {"error": "residual"}]
    assert [item.name for item in analyses_of(stated)] == ["residual, bone", "residual"]
