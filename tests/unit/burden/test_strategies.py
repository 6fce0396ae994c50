"""Strategies: images of the planned course, margins from the replay, registration carried on."""

import numpy as np
import pytest

from popmargin.burden.registration import registration_variances, with_registration
from popmargin.burden.strategies import ReplayOptions, images_per_course, replay_strategies
from popmargin.core.exceptions import RefusedInput, WrongUsage
from popmargin.protocols.apply import apply_protocol
from popmargin.protocols.courses import courses_from_arrays, courses_from_shifts
from popmargin.protocols.parse import parse_protocol
from popmargin.protocols.protocol import known_others
from popmargin.protocols.replay import replay_protocols
from tests.unit.burden.cohort import ask, selected


def strategies(*texts, modalities=None, **options):
    found, _ = replay_strategies(
        courses_from_shifts(selected()),
        [parse_protocol(text) for text in texts],
        modalities or {"kv_planar": ""},
        ask().records,
        fractions=35,
        options=ReplayOptions(**options),
    )
    return {s.name: s for s in found}


def replayed(text, **options):
    rows, _ = replay_protocols(courses_from_shifts(selected()), [parse_protocol(text)], **options)
    return tuple(rows.filter(phase="course")["margin_mm"])


@pytest.mark.parametrize(
    ("text", "fractions", "images"),
    [
        ("no_imaging", 35, 0),
        ("nal:images=4", 35, 4),
        ("weekly:first=3,carry=true", 35, 9),
        ("weekly:first=3,carry=true", 40, 10),
        ("every_kth:k=5", 30, 6),
        ("daily", 39, 39),
        ("daily_threshold:threshold_mm=5", 39, 39),
    ],
)
def test_images_are_those_of_the_planned_course(text, fractions, images):
    assert images_per_course(parse_protocol(text), fractions) == images


def test_images_that_errors_decide_are_those_of_the_log():
    found = strategies("sal:alpha_mm=9,max_images=2")
    (sal,) = found.values()
    rows, _ = replay_protocols(
        courses_from_shifts(selected()), [parse_protocol("sal:alpha_mm=9,max_images=2")]
    )
    assert sal.images == rows["images_per_patient"][0] > 0


def test_no_imaging_is_one_strategy_and_as_replayed():
    found = strategies("no_imaging", "daily", modalities={"kv_planar": "", "surface": ""})
    assert list(found) == ["no_imaging", "daily with kv_planar", "daily with surface"]
    assert found["no_imaging"].margin_mm == replayed("no_imaging")


def test_an_online_correction_leaves_the_registration_error_of_its_modality():
    found = strategies("daily", modalities={"kv_planar": "", "surface": ""})
    assert found["daily with kv_planar"].margin_mm == replayed("daily", residual_sd_mm=1.0)
    assert found["daily with surface"].margin_mm == replayed("daily", residual_sd_mm=1.9)


def test_a_residual_that_the_protocol_states_is_kept():
    (only,) = strategies("daily:residual_sd_mm=2").values()
    assert only.margin_mm == replayed("daily:residual_sd_mm=2")
    assert not only.uses_residual


def test_what_is_learnt_from_poorer_images_needs_a_larger_margin():
    found = strategies("nal:images=3", modalities={"kv_planar": "", "surface": ""})
    plain = np.array(replayed("nal:images=3"))
    planar = np.array(found["nal:images=3 with kv_planar"].margin_mm)
    surface = np.array(found["nal:images=3 with surface"].margin_mm)
    assert np.all(plain < planar)
    assert np.all(planar < surface)


@pytest.mark.parametrize(
    "text", ["nal:images=3", "enal:images=3,model=mean", "weekly:first=3,carry=true", "daily"]
)
def test_registration_variances_are_those_of_simulated_images(text):
    protocol, fractions, patients = parse_protocol(text), 20, 4000
    errors = np.random.default_rng(7).normal(size=(patients, fractions, 1)) * np.ones(3)
    left = apply_protocol(
        protocol, courses_from_arrays(errors), known_others(0, 1, 1)[None], keep_errors=True
    ).errors_mm[:, 0].reshape(patients, fractions)  # fmt: skip
    learnt = errors[:, :, 0] - left
    if protocol.kind.corrects == "online":
        learnt[left == 0] = 0  # the day's own correction is the residual, not carried
    within = learnt.var(axis=1, ddof=1).mean()
    between = learnt.mean(axis=1).var(ddof=1)
    systematic, random = registration_variances(protocol, fractions)
    assert random == pytest.approx(within, rel=0.05, abs=1e-12)
    assert systematic == pytest.approx(between - within / fractions, rel=0.08, abs=1e-12)


def test_protocols_with_a_threshold_or_without_images_add_nothing():
    for text in ("no_imaging", "daily_threshold:threshold_mm=5", "sal:alpha_mm=9,max_images=2"):
        assert registration_variances(parse_protocol(text), 20) == (0.0, 0.0)


def test_the_interval_moves_with_the_margin():
    row = {
        "recipe": "van_herk_linear", "fractions": None, "systematic_sd_mm": 3.0,
        "random_sd_mm": 4.0, "margin_mm": 10.3, "margin_low_mm": 9.0, "margin_high_mm": None,
    }  # fmt: skip
    found = with_registration(row, (1.0, 0.0), 4.0)
    assert found["margin_mm"] == pytest.approx(2.5 * 5 + 0.7 * 4)
    assert found["margin_low_mm"] - 9.0 == pytest.approx(found["margin_mm"] - 10.3)
    assert found["margin_high_mm"] is None


def test_what_a_modality_cannot_see_is_refused():
    with pytest.raises(RefusedInput, match="modality surface: expected one of surface"):
        strategies("daily", modalities={"surface": "bone"})
    with pytest.raises(WrongUsage, match="x_ray"):
        strategies("daily", modalities={"x_ray": ""})


def test_too_few_patients_are_a_reason_not_a_number():
    course = courses_from_shifts(selected().filter(patient_id=selected()["patient_id"][0]))
    found, _ = replay_strategies(
        course, [parse_protocol("daily")], {"kv_planar": ""}, ask().records, fractions=35
    )
    assert found[0].margin_mm is None
    assert found[0].reason
