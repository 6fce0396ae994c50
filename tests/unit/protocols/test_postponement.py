"""Postponement: against its plain twin, what it says, and what it cannot know."""

import numpy as np
import polars as pl
import pytest

from popmargin.core.exceptions import OutOfRange, RefusedInput
from popmargin.protocols.apply import SETTLED, apply_protocol
from popmargin.protocols.courses import courses_from_arrays, courses_from_shifts
from popmargin.protocols.filling import filling_of_fractions
from popmargin.protocols.parse import parse_protocol
from popmargin.protocols.replay import replay_protocols
from tests.oracles.protocols_plain import TWINS


def cohort(seed=1, patients=14, gain=0.0):
    """Errors and fillings; a full rectum moves the target by ``gain`` mm a unit above 35."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 20, patients)
    fillings = [rng.normal(35, 6, n) for n in sizes]
    errors = [rng.normal(0, 2, 3) + rng.normal(0, 1.5, (n, 3)) for n in sizes]
    errors = [e + gain * np.maximum(f - 35, 0)[:, None] for e, f in zip(errors, fillings)]  # noqa: B905
    for f in fillings:
        f[rng.random(f.size) < 0.1] = np.nan
    return errors, fillings


@pytest.mark.parametrize("text", ["postponement:limit=38", "postponement:limit=33,when=below"])
@pytest.mark.parametrize("compiled", [False, True])
def test_agrees_with_plain_twin(text, compiled):
    protocol = parse_protocol(text)
    errors, fillings = cohort()
    courses = courses_from_arrays(errors, filling=fillings)
    applied = apply_protocol(protocol, courses, keep_errors=True, compiled=compiled)
    for u, (x, filling) in enumerate(zip(errors, fillings, strict=True)):
        patient = list(enumerate(x.tolist(), start=1))
        plain = [None if np.isnan(f) else f for f in filling]
        left, images, *_ = TWINS["postponement"](patient, fillings=plain, **protocol.values)
        start = courses.offsets[u]
        assert applied.treated[u] == len(left)
        assert applied.images[u] == images
        found = applied.errors_mm[start : start + len(left)]
        np.testing.assert_array_equal(found, np.array(left).reshape(-1, 3))
        assert (applied.sizes[u] == len(left)).all()
        if left:
            np.testing.assert_allclose(applied.means[u, SETTLED], np.mean(left, axis=0))


def test_a_moving_target_gains_and_the_expectation_says_what_chance_would():
    errors, fillings = cohort(patients=80, gain=0.8)
    courses = courses_from_arrays(errors, filling=fillings)
    protocols = [parse_protocol(t) for t in ("no_imaging", "postponement:limit=38")]
    rows, flags = replay_protocols(courses, protocols)
    before, after = (
        rows.filter(protocol=p.text, axis="ap", phase="course").row(0, named=True)
        for p in protocols
    )
    assert after["random_sd_mm"] < before["random_sd_mm"]
    # Where filling had nothing to do with the errors, leaving fractions out would change nothing.
    assert after["expected_random_sd_mm"] == pytest.approx(before["random_sd_mm"], rel=0.03)
    postponed = sum(np.nansum(f > 38) for f in fillings)
    assert after["postponed_per_patient"] == pytest.approx(postponed / 80)
    logged = sum(len(f) for f in fillings)
    assert after["images_per_patient"] == pytest.approx((logged + postponed) / 80)
    assert "fractions within the filling limit" in after["covers"]
    assert {"filling_not_measured"} <= {flag.code for flag in flags}


def test_patients_beyond_the_limit_at_every_fraction_are_left_out_and_counted():
    errors, fillings = cohort(patients=12)
    fillings[3][:] = 60.0
    courses = courses_from_arrays(errors, filling=fillings)
    rows, flags = replay_protocols(courses, [parse_protocol("postponement:limit=50")])
    assert rows["n_patients"].unique().to_list() == [11]
    assert [flag.patients for flag in flags if flag.code == "always_postponed"] == [1]


def test_without_filling_the_rows_are_null_with_the_reason():
    rows, _ = replay_protocols(
        courses_from_arrays(cohort()[0]), [parse_protocol("postponement:limit=40")]
    )
    assert rows["margin_mm"].null_count() == rows.height
    assert rows["reason"].str.contains("no filling is known").all()


def test_a_limit_must_be_stated_and_fillings_fit_the_fractions():
    courses = courses_from_arrays(*cohort()[:1], filling=cohort()[1])
    rows, _ = replay_protocols(courses, [parse_protocol("postponement")])
    assert rows["reason"].str.contains("no filling limit is stated").all()
    with pytest.raises(OutOfRange, match="filling"):
        courses_from_arrays([np.zeros((3, 3))], filling=[[1.0, 2.0]])


def anatomy(**changes):
    base = {"patient_id": "a", "course": "1", "fraction": 1, "structure": "rectum", "side": None,
            "quantity": "diameter", "value": 30.0, "unit": "mm"}  # fmt: skip
    return base | changes


def test_filling_meets_its_fraction_by_patient_course_and_number():
    rows = [
        anatomy(),
        anatomy(value=34.0),
        anatomy(fraction=0, value=99.0),
        anatomy(fraction=3, value=41.0),
        anatomy(patient_id="b", value=50.0),
        anatomy(structure="bladder", quantity="volume", value=200.0, unit="cc"),
    ]
    schema = {"side": pl.String}
    filling = filling_of_fractions(
        pl.DataFrame(rows, schema_overrides=schema), structure="rectum", quantity="diameter"
    )
    shifts = pl.DataFrame(
        [
            {"patient_id": p, "fraction": j, "lr_mm": 0.0, "si_mm": 0.0, "ap_mm": 0.0}
            for p, j in (("b", 1), ("a", 3), ("a", 2), ("a", 1))
        ]
    )
    found = courses_from_shifts(shifts, filling=filling).filling
    np.testing.assert_array_equal(found, [32.0, np.nan, 41.0, 50.0])


def test_what_is_not_measured_or_mixed_is_refused():
    rows = pl.DataFrame([anatomy(), anatomy(unit="cm", fraction=2)], schema_overrides={"side": str})
    with pytest.raises(RefusedInput, match="found cm, mm"):
        filling_of_fractions(rows, structure="rectum", quantity="diameter")
    with pytest.raises(RefusedInput, match="found rectum diameter"):
        filling_of_fractions(rows, structure="bladder", quantity="volume")
