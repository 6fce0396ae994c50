"""Replay rows: what they hold, what they say, and what cannot change them."""

import numpy as np
import polars as pl
import pytest

from popmargin.core.exceptions import WrongUsage
from popmargin.errors.quantity import estimate_quantity
from popmargin.margins.registry import find_recipe
from popmargin.protocols import PROTOCOLS
from popmargin.protocols.courses import Courses, courses_from_arrays
from popmargin.protocols.parse import parse_protocol
from popmargin.protocols.replay import replay_protocols
from popmargin.statistics.one_way import OneWayData


def cohort(seed=1, patients=12, group_mean=0.0):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(6, 20, patients)
    return [group_mean + rng.normal(0, 3, 3) + rng.normal(0, 2, (n, 3)) for n in sizes]


def replay(errors, *texts, **options):
    courses = errors if isinstance(errors, Courses) else courses_from_arrays(errors)
    return replay_protocols(courses, [parse_protocol(text) for text in texts], **options)


def row(rows, protocol, axis="lr", phase="course"):
    return rows.filter(protocol=protocol, axis=axis, phase=phase).row(0, named=True)


def codes(flags):
    return [flag.code for flag in flags]


def test_every_protocol_gives_a_full_row_with_intervals_per_axis_and_phase():
    texts = [name for name in PROTOCOLS if name != "postponement"]
    rows, _ = replay(cohort(), *texts, residual_sd_mm=0.5)
    assert rows.height == len(texts) * 6
    assert rows["reason"].null_count() == rows.height
    for column in rows.columns:
        if column not in ("reason", "fractions", "minutes_per_patient"):
            assert rows[column].null_count() == 0, column
    for name in ("systematic_sd", "random_sd", "margin"):
        inside = (pl.col(f"{name}_low_mm") <= pl.col(f"{name}_high_mm")) & (
            pl.col(f"{name}_upper_mm") <= pl.col(f"{name}_high_mm")
        )
        assert rows.select(inside.all()).item(), name


def test_no_imaging_is_the_cohort_itself():
    errors = cohort()
    rows, _ = replay(errors, "no_imaging", recipe="van_herk_linear")
    labels = np.repeat(np.arange(len(errors)), [len(e) for e in errors])
    data = OneWayData.from_values(np.concatenate(errors)[:, 2], labels)
    estimate = estimate_quantity(data)
    found = row(rows, "no_imaging", "ap")
    assert found["systematic_sd_mm"] == pytest.approx(estimate.systematic_sd, rel=1e-12)
    assert found["random_sd_high_mm"] == pytest.approx(estimate.random.high, rel=1e-12)
    margin = find_recipe("van_herk_linear").margin(estimate.systematic_sd, estimate.random_sd)
    assert found["margin_mm"] == pytest.approx(float(margin), rel=1e-12)
    assert (found["images_per_patient"], found["corrections_per_patient"]) == (0, 0)
    assert found["covers"] == "set-up error before correction only"


def test_daily_without_a_residual_leaves_zero_and_says_what_is_missing():
    rows, flags = replay(cohort(), "daily")
    found = row(rows, "daily")
    assert (found["margin_mm"], found["margin_low_mm"], found["margin_upper_mm"]) == (0, 0, 0)
    assert "residual_excluded" in codes(flags)
    assert "without what an online correction itself leaves" in found["covers"]


@pytest.mark.parametrize("text", ["daily:residual_mm=1", "daily:residual_sd_mm=1"])
def test_a_stated_residual_is_inside_and_not_flagged(text):
    rows, flags = replay(cohort(), text)
    assert row(rows, text)["margin_mm"] > 0
    assert "residual_excluded" not in codes(flags)


def test_intervals_that_do_not_hold_just_their_level_are_remarked():
    found = {
        text: set(codes(replay(cohort(patients=patients), text)[1])) & {"interval_wide"}
        for text, patients in (("daily_threshold", 12), ("nal", 12), ("kalman", 12))
    }
    assert found == {"daily_threshold": {"interval_wide"}, "nal": set(), "kalman": set()}


def test_a_common_residual_reaches_protocols_that_state_none():
    rows, flags = replay(cohort(), "daily", "daily:residual_sd_mm=2", residual_sd_mm=1)
    assert row(rows, "daily")["random_sd_mm"] == pytest.approx(1)
    assert row(rows, "daily:residual_sd_mm=2")["random_sd_mm"] == pytest.approx(2)
    assert row(rows, "daily")["systematic_sd_mm"] == 0
    assert "residual_excluded" not in codes(flags)
    with pytest.raises(WrongUsage, match="states residual_mm"):
        replay(cohort(), "daily:residual_mm=1", residual_sd_mm=1)


def test_short_logs_are_left_as_they_are_counted_and_not_settled():
    errors = [*cohort(patients=9), np.ones((2, 3)), np.ones((1, 3))]
    rows, flags = replay(errors, "nal:images=3")
    assert row(rows, "nal:images=3")["n_patients"] == 11
    assert row(rows, "nal:images=3", phase="settled")["n_patients"] == 9
    assert row(rows, "nal:images=3")["images_per_patient"] == pytest.approx((9 * 3 + 3) / 11)
    assert row(rows, "nal:images=3")["corrections_per_patient"] == pytest.approx(9 / 11)
    assert [flag.patients for flag in flags if flag.code == "log_too_short"] == [2]


def test_tracks_that_never_stop_are_left_out_and_counted():
    errors = [*cohort(patients=8), np.outer((-1.0) ** np.arange(6) * 20, np.ones(3))]
    rows, flags = replay(errors, "sal:alpha_mm=9,max_images=2")
    assert row(rows, "sal:alpha_mm=9,max_images=2", phase="settled")["n_patients"] == 8
    assert [flag.patients for flag in flags if flag.code == "never_settled"] == [1]


def test_a_phase_that_nobody_reaches_is_null_with_its_reason():
    rows, _ = replay(cohort(), "nal:images=50")
    found = row(rows, "nal:images=50", phase="settled")
    assert found["n_patients"] == 0
    assert found["margin_mm"] is None
    assert found["reason"] == "no patient has a fraction in this phase"
    assert row(rows, "nal:images=50")["margin_mm"] > 0


@pytest.mark.parametrize("errors", [[np.ones((5, 3))], [np.ones((5, 3))] * 2])
def test_too_few_patients_is_null_with_its_reason(errors):
    rows, flags = replay(errors, "nal_shrunk", "no_imaging")
    found = row(rows, "nal_shrunk")
    assert found["systematic_sd_mm"] is None
    assert found["images_per_patient"] is None
    assert "leaving one patient out" in found["reason"]
    assert "not_estimable" in codes(flags)
    if len(errors) == 1:
        assert row(rows, "no_imaging")["margin_mm"] is None
        assert row(rows, "no_imaging")["reason"]


def test_single_fraction_courses_are_not_estimable_and_never_nan():
    rows, _ = replay([np.full((1, 3), float(i)) for i in range(6)], "no_imaging", "daily", "weekly")
    for column in rows.select(pl.col(pl.Float64)):
        assert column.is_finite().all() or column.null_count() == column.len()
    assert row(rows, "no_imaging")["systematic_sd_mm"] is None


def test_two_plans_of_one_patient_are_two_units():
    plain = courses_from_arrays(cohort(patients=6))
    courses = Courses(plain.errors_mm, plain.fraction, plain.offsets, np.array([0, 0, 1, 2, 3, 4]))
    rows, flags = replay(courses, "nal")
    found = row(rows, "nal")
    assert (found["n_patients"], found["n_units"]) == (5, 6)
    assert found["images_per_patient"] == pytest.approx(6 * 3 / 5)
    assert "units_differ_from_patients" in codes(flags)


def test_fractions_enter_once_in_the_recipe():
    many, _ = replay(cohort(), "nal")
    few, flags = replay(cohort(), "nal", fractions=5)
    before, after = row(many, "nal"), row(few, "nal")
    assert before["systematic_sd_mm"] == after["systematic_sd_mm"]
    assert before["margin_mm"] != after["margin_mm"]
    assert after["fractions"] == 5
    assert "effective_errors" in codes(flags)


def test_a_remark_of_many_rows_is_made_once():
    _, flags = replay(cohort(), "nal", "enal", "weekly")
    default_penumbra = [flag for flag in flags if flag.code == "default_penumbra"]
    assert len(default_penumbra) == 1
    assert "(and 17 more rows)" in default_penumbra[0].message


@pytest.mark.parametrize("texts", [(), ("nal", "nal")])
def test_no_protocol_or_one_twice_is_refused(texts):
    with pytest.raises(WrongUsage, match="expected at least one and each once"):
        replay(cohort(), *texts)


def test_unknown_recipe_and_option_are_refused():
    with pytest.raises(WrongUsage, match="unknown recipe"):
        replay(cohort(), "nal", recipe="nothing")
    with pytest.raises(WrongUsage, match="takes no option"):
        replay(cohort(), "nal", recipe="stroom", recipe_options={"penumbra_sd_mm": 3.2})


def test_a_patient_s_own_errors_never_reach_the_weights_used_on_them():
    errors = cohort(seed=5)
    changed = [errors[0] * 1000, *errors[1:]]
    from popmargin.protocols.others import leave_patient_out

    before = leave_patient_out(courses_from_arrays(errors))
    after = leave_patient_out(courses_from_arrays(changed))
    np.testing.assert_allclose(after[0], before[0], rtol=1e-9)
    assert not np.allclose(after[1], before[1])


@pytest.mark.parametrize("factor", [0.01, -1.0])
def test_scaling_errors_and_lengths_scales_what_is_left(factor):
    size = abs(factor)
    texts = (
        "nal_shrunk",
        "cover:images=1",
        "kalman:process_sd_mm={p}",
        "enal:model=trend",
        "sal:alpha_mm={a},max_images=2",
        "daily_threshold:threshold_mm={t}",
    )
    errors = cohort()
    plain, _ = replay(errors, *(t.format(a=6, t=3, p=1) for t in texts))
    scaled, _ = replay(
        [factor * e for e in errors], *(t.format(a=6 * size, t=3 * size, p=size) for t in texts)
    )
    for name in ("systematic_sd_mm", "random_sd_mm", "random_sd_high_mm"):
        np.testing.assert_allclose(scaled[name], size * plain[name].to_numpy(), rtol=1e-9)
    for name in ("images_per_patient", "corrections_per_patient"):
        assert scaled[name].to_list() == plain[name].to_list()


def test_permuting_axes_permutes_rows():
    errors = cohort()
    texts = ("nal", "kalman", "daily_threshold:rule=vector", "cover")
    plain, _ = replay(errors, *texts)
    turned, _ = replay([e[:, [2, 0, 1]] for e in errors], *texts)
    for axis, source in (("lr", "ap"), ("si", "lr"), ("ap", "si")):
        left, right = (
            rows.filter(axis=place).select(pl.col(pl.Float64).exclude("^expected_.*$"))
            for rows, place in ((turned, axis), (plain, source))
        )
        np.testing.assert_allclose(left.to_numpy(), right.to_numpy(), rtol=1e-9, atol=1e-12)
