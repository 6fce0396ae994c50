"""Comparison of groups from shifts: pairing, strata, reasons, and the order of everything."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from popmargin.core.exceptions import RefusedInput
from popmargin.errors.comparison import compare_groups
from popmargin.errors.group_comparison import holm_adjusted
from popmargin.errors.units import summarise_units
from tests.oracles.comparison_two_sets import holm_by_definition


def shifts_of(rng, patients, fractions, offset=0.0, **columns):
    """Every patient with both surrogates in each fraction; soft tissue differs by ``offset``."""
    rows = []
    for patient in patients:
        start = rng.normal(scale=4.0)
        for fraction in range(1, fractions + 1):
            bone = start + rng.normal(scale=1.5)
            soft = bone + offset + rng.normal(scale=0.5)
            rows += [(patient, fraction, "bone", bone), (patient, fraction, "soft_tissue", soft)]
    frame = pl.DataFrame(
        rows, schema=["patient_id", "fraction", "surrogate", "ap_mm"], orient="row"
    )
    return frame.with_columns(pl.lit(value).alias(name) for name, value in columns.items())


def compare(shifts, between="surrogate", by=(), **options):
    return compare_groups(summarise_units(shifts, group_by=[*by, between]), between, **options)


NAMES = [f"p{number:02}" for number in range(12)]


def test_shared_patients_are_paired_and_narrow_every_interval():
    shifts = shifts_of(np.random.default_rng(1), NAMES, 6, offset=0.7)
    (paired,), flags = compare(shifts)
    apart = shifts.with_columns(patient_id=pl.col("patient_id") + "-" + pl.col("surrogate"))
    (independent,), _ = compare(apart)
    assert (paired.shared_patients, paired.paired_units) == (12, 12)
    assert (independent.shared_patients, independent.paired_units) == (0, 0)
    for name in ("mean", "systematic", "random"):
        one, other = getattr(paired, name), getattr(independent, name)
        assert one.value == pytest.approx(other.value)
        assert one.high - one.low < 0.6 * (other.high - other.low)
    assert flags == []
    means = shifts.group_by("patient_id", "surrogate").agg(pl.col("ap_mm").mean())
    sides = [
        means.filter(surrogate=name).sort("patient_id")["ap_mm"] for name in ("bone", "soft_tissue")
    ]
    expected = stats.ttest_rel(*sides)
    assert paired.mean.p_value == pytest.approx(expected.pvalue, rel=1e-6)
    assert paired.row()["paired"] is True
    assert independent.row()["paired"] is False


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 2**32 - 1))
def test_order_of_rows_changes_nothing(seed):
    shifts = shifts_of(np.random.default_rng(2), NAMES[:6], 4)
    (one,), _ = compare(shifts)
    (other,), _ = compare(shifts.sample(fraction=1.0, shuffle=True, seed=seed % 1000))
    assert one.row() == other.row()


def test_three_groups_in_two_strata_make_six_comparisons():
    rng = np.random.default_rng(3)
    parts = [
        shifts_of(rng, [f"{site}{centre}{n}" for n in range(5)], 4, site=site, centre=centre)
        for site in ("lung", "brain")
        for centre in "abc"
    ]
    shifts = pl.concat(parts).filter(surrogate="bone")
    found, _ = compare(shifts, "centre", by=["site"])
    assert [(c.columns["site"], c.comparison) for c in found] == [
        (site, pair) for site in ("brain", "lung") for pair in ("a vs b", "a vs c", "b vs c")
    ]
    assert list(found[0].row())[:3] == ["site", "comparison", "group_1"]


def test_units_without_a_value_are_left_out_and_counted():
    shifts = shifts_of(np.random.default_rng(4), NAMES[:8], 4, technique="arc")
    changed = shifts.with_columns(
        technique=pl.when(pl.col("patient_id") < "p03")
        .then(pl.lit("static"))
        .when(pl.col("patient_id") < "p07")
        .then(pl.lit("arc"))
    )
    found, flags = compare(changed, "technique")
    assert found[0].patients == (4, 3)
    assert flags[0].code == "group_not_stated"
    assert flags[0].message.startswith("1 units")


def test_partly_shared_patients_are_said():
    shifts = shifts_of(np.random.default_rng(5), NAMES, 4)
    fewer = shifts.filter((pl.col("surrogate") == "bone") | (pl.col("patient_id") < "p08"))
    (found,), flags = compare(fewer)
    assert (found.shared_patients, found.patients) == (8, (12, 8))
    assert [flag.code for flag in flags] == ["partly_paired"]
    (few,), flags = compare(
        shifts.filter((pl.col("surrogate") == "bone") | (pl.col("patient_id") < "p02"))
    )
    assert few.shared_patients == 2
    assert [flag.code for flag in flags] == ["too_few_pairs"]


def test_single_fractions_give_the_mean_and_reasons_for_the_rest():
    shifts = shifts_of(np.random.default_rng(6), NAMES, 1)
    (found,), flags = compare(shifts)
    row = found.row()
    assert row["group_mean_difference_mm"] is not None
    assert (row["systematic_sd_ratio"], row["random_sd_ratio"]) == (None, None)
    assert {flag.code for flag in flags} == {"not_estimable"}
    assert found.draws is None


def test_a_systematic_sd_of_zero_is_null_with_its_reason():
    shifts = shifts_of(np.random.default_rng(7), NAMES[:6], 4)
    level = pl.when(pl.col("fraction") % 2 == 0).then(1.0).otherwise(-1.0)
    flat = shifts.with_columns(
        ap_mm=pl.when(pl.col("surrogate") == "soft_tissue").then(level).otherwise("ap_mm")
    )
    (found,), flags = compare(flat)
    row = found.row()
    assert row["systematic_sd_2_mm"] == 0.0
    assert (row["systematic_sd_ratio"], row["systematic_sd_ratio_high"]) == (None, None)
    assert any("estimated as 0" in flag.message for flag in flags)
    (turned,), _ = compare(flat.with_columns(surrogate=pl.col("surrogate").replace("bone", "z")))
    assert turned.row()["systematic_sd_ratio"] == 0.0


def test_conventional_ratio_is_that_of_the_sd_of_means():
    shifts = shifts_of(np.random.default_rng(8), NAMES, 5)
    (found,), _ = compare(shifts, estimator="conventional", random="mean")
    sds = shifts.group_by("surrogate", "patient_id").agg(pl.col("ap_mm").mean())
    sds = sds.group_by("surrogate").agg(pl.col("ap_mm").std()).sort("surrogate")["ap_mm"]
    assert found.systematic.value == pytest.approx(sds[0] / sds[1], rel=1e-6)
    assert found.systematic.low < found.systematic.value < found.systematic.high


def test_rotations_are_compared_in_degrees():
    shifts = shifts_of(np.random.default_rng(9), NAMES, 4).rename({"ap_mm": "yaw_deg"})
    (found,), _ = compare(shifts)
    assert "group_mean_difference_deg" in found.row()
    assert "systematic_sd_1_deg" in found.row()


def test_one_group_is_refused():
    shifts = shifts_of(np.random.default_rng(1), NAMES, 3).filter(surrogate="bone")
    with pytest.raises(RefusedInput, match="two groups to compare, found bone"):
        compare(shifts)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=6))
def test_holm_is_the_smallest_level_at_which_its_procedure_rejects(p_values):
    assert holm_adjusted(p_values) == pytest.approx(holm_by_definition(p_values))
