"""Anatomy: the same two levels for any quantity, absolute or relative to planning."""

import random

import polars as pl
import pytest

from popmargin.errors.anatomy import estimate_anatomy_errors

NAMES = ["patient_id", "course", "fraction", "structure", "side", "quantity", "unit", "value"]


def anatomy(rows):
    return pl.DataFrame(rows, schema=NAMES, orient="row")


def volume(patient, fraction, value, structure="parotid", side="left", course="1"):
    return (patient, course, fraction, structure, side, "volume", "cc", float(value))


# Two patients, change from planning -1 and -3 at the first fraction, 2 more at the second.
SHRINKING = [
    volume("a", 0, 30), volume("a", 1, 29), volume("a", 2, 27),
    volume("b", 0, 20), volume("b", 1, 17), volume("b", 2, 15),
]  # fmt: skip


def test_fractions_minus_planning_are_estimated_by_hand():
    rows, flags = estimate_anatomy_errors(anatomy(SHRINKING), relative_to_planning=True)
    row = rows[0]
    # Changes -1, -3 and -3, -5: unit means -2 and -4, variance within 2, between 2 - 2/2 = 1.
    assert (row["structure"], row["side"], row["unit"]) == ("parotid", "left", "cc")
    assert row["reference"] == "relative to planning"
    assert row["group_mean"] == pytest.approx(-3.0, abs=1e-12)
    assert row["random_sd"] == pytest.approx(2**0.5, rel=1e-12)
    assert row["systematic_sd"] == pytest.approx(1.0, rel=1e-12)
    assert row["systematic_variance_untruncated"] == pytest.approx(1.0, rel=1e-12)
    assert (row["n_patients"], row["n_units"], row["n_fractions"]) == (2, 2, 4)
    assert flags == []


def test_planning_is_no_fraction():
    rows, _ = estimate_anatomy_errors(anatomy(SHRINKING))
    assert (rows[0]["reference"], rows[0]["n_fractions"]) == ("absolute", 4)
    assert rows[0]["group_mean"] == pytest.approx(22.0, abs=1e-12)


def test_every_series_is_a_row_of_its_own_in_a_fixed_order():
    rows = [*SHRINKING, *(volume(p, f, 9, side="right") for p in "ab" for f in (1, 2))]
    rows += [(p, "1", f, "", "", "weight", "kg", 70.0 + f) for p in "ab" for f in (1, 2)]
    found, _ = estimate_anatomy_errors(anatomy(rows))
    named = [(row["structure"], row["side"], row["quantity"], row["unit"]) for row in found]
    assert named == [
        ("", "", "weight", "kg"),
        ("parotid", "left", "volume", "cc"),
        ("parotid", "right", "volume", "cc"),
    ]
    assert found[2]["systematic_sd"] == found[2]["random_sd"] == 0.0


def test_a_patient_without_planning_is_left_out_and_counted():
    rows = [*SHRINKING, volume("c", 1, 50), volume("c", 2, 60)]
    found, flags = estimate_anatomy_errors(anatomy(rows), relative_to_planning=True)
    assert found[0]["n_patients"] == 2
    assert [(flag.code, flag.patients) for flag in flags] == [("no_planning_value", 1)]


def test_a_second_course_has_a_planning_of_its_own():
    rows = [*SHRINKING, volume("a", 0, 10, course="2"), volume("a", 1, 8, course="2")]
    found, _ = estimate_anatomy_errors(anatomy(rows), relative_to_planning=True)
    assert (found[0]["n_patients"], found[0]["n_units"]) == (2, 3)


def test_planning_alone_is_not_estimable_and_said():
    found, flags = estimate_anatomy_errors(anatomy([volume("a", 0, 30)]))
    assert found == []
    assert [flag.code for flag in flags] == ["not_estimable"]


def test_one_patient_is_null_with_the_reason():
    found, flags = estimate_anatomy_errors(anatomy(SHRINKING[:3]))
    assert found[0]["systematic_sd"] is None
    assert found[0]["reason"]
    assert "not_estimable" in [flag.code for flag in flags]


def test_repeats_of_a_fraction_are_averaged_whatever_their_order():
    values = [0.1, 0.2, 0.3, 1e-3, 7.7, -3.3, 0.7]
    results = set()
    for seed in range(8):
        rows = [volume("a", 1, v) for v in values] + SHRINKING[3:]
        random.Random(seed).shuffle(rows)
        found, _ = estimate_anatomy_errors(anatomy(rows))
        results.add((found[0]["group_mean"], found[0]["systematic_sd"]))
    assert len(results) == 1


@pytest.mark.parametrize("estimator", ["anova", "reml", "conventional"])
def test_estimators_are_named_and_agree_on_balanced_data(estimator):
    found, _ = estimate_anatomy_errors(
        anatomy(SHRINKING), relative_to_planning=True, estimators=[estimator]
    )
    assert found[0]["estimator"] == estimator
    assert found[0]["group_mean"] == pytest.approx(-3.0, abs=1e-9)
    # The conventional estimate keeps sigma^2 / n in the spread of the means: 1 + 2 / 2.
    expected = {"conventional": 2**0.5}.get(estimator, 1.0)
    assert found[0]["systematic_sd"] == pytest.approx(expected, abs=1e-6)
