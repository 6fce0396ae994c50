"""What a study's margins cover: against direct simulation, exact limits, and gaps with a reason."""

from dataclasses import replace

import numpy as np
import pytest

from popmargin.errors.population import AxisData, estimate_population_errors
from popmargin.margins.budget_shares import estimate_error_budget
from popmargin.margins.course_errors import CourseErrors
from popmargin.margins.coverage import Target
from popmargin.margins.coverage_curve import trace_coverage
from popmargin.margins.coverage_draws import coverage_interval, effective_coverage, solved_interval
from popmargin.margins.coverage_map import map_coverage
from popmargin.margins.coverage_monte_carlo import coverage_monte_carlo
from popmargin.margins.coverage_question import CoverageQuestion, coverage_question
from popmargin.margins.declared_components import components_of
from popmargin.margins.group_errors import group_errors, with_budget
from popmargin.margins.minimum_dose import courses_of
from popmargin.margins.registry import find_recipe
from popmargin.margins.solve_margin_interval import solve_margin_interval
from popmargin.margins.study_coverage import estimate_margin_coverage
from popmargin.statistics.one_way import OneWayData

SDS = {"lr": (2.0, 2.0), "si": (2.5, 3.0), "ap": (3.0, 2.5)}
BUDGET = {
    "components": [
        {"component": "delineation", "kind": "systematic", "lr_mm": 2.0, "si_mm": 2.5,
         "ap_mm": 2.0, "source": "made up"},
        {"component": "algorithm", "kind": "offset", "lr_mm": 0.0, "si_mm": 1.0, "ap_mm": 0.0,
         "source": "made up"},
    ]
}  # fmt: skip
COVERS = "set-up error before correction only"
VAN_HERK = find_recipe("van_herk")


def estimates(axes=("lr", "si", "ap")):
    generator = np.random.default_rng(5)
    data = []
    for axis in axes:
        between, within = SDS[axis]
        values = generator.normal(0, between, (20, 1)) + generator.normal(0, within, (20, 10))
        one_way = OneWayData.from_values(values.ravel(), np.repeat(np.arange(20), 10))
        data.append(AxisData("lung", {"site": "lung"}, axis, 20, one_way))
    return estimate_population_errors(data)[0]


@pytest.fixture(scope="module")
def groups():
    return group_errors(estimates(), covers=COVERS, seed=1)


@pytest.fixture(scope="module")
def question():
    return CoverageQuestion(
        Target(30.0), 10, 0.9, [VAN_HERK, find_recipe("stroom")], present_margin_mm=(8, 8, 8)
    )


@pytest.fixture(scope="module")
def logs():
    shifts = np.random.default_rng(6).normal(0, 3, (25, 1, 3)) + np.zeros((25, 4, 3))
    return {"lung": courses_of(shifts)}


@pytest.fixture(scope="module")
def rows(groups, question, logs):
    return estimate_margin_coverage(groups, question, logs)


def test_one_row_a_margin_and_each_with_its_interval(rows):
    kinds = [(row["kind"], row["recipe"]) for row in rows]
    assert kinds == [
        ("recipe", "van_herk"), ("recipe", "stroom"), ("present", None), ("solved", None),
        ("solved", "van_herk"), ("empirical", None),
    ]  # fmt: skip
    for row in rows[:3]:
        assert row["coverage_low"] < row["coverage"] < row["coverage_high"]
    for row in rows[3:5]:
        mean = np.mean([row[f"margin_{axis}_mm"] for axis in ("lr", "si", "ap")])
        assert row["margin_low_mm"] < mean < row["margin_upper_mm"] < row["margin_high_mm"]


def test_recipe_margins_are_those_of_the_recipe_and_coverage_is_that_of_a_larger_simulation(
    rows, groups, question
):
    errors = groups[0].errors()
    margin = VAN_HERK.margin(errors.systematic_sd_mm, errors.random_sd_mm)
    assert [rows[0][f"margin_{a}_mm"] for a in ("lr", "si", "ap")] == pytest.approx(list(margin))
    direct = coverage_monte_carlo(
        errors, margin, question.target, np.random.default_rng(9), fractions=10, n_patients=12_000
    )
    spread = np.hypot(direct.coverage_standard_error, rows[0]["coverage_standard_error"])
    assert abs(direct.coverage - rows[0]["coverage"]) < 4 * spread


def test_solved_margin_covers_the_wanted_share_of_new_patients(rows, groups, question):
    margin = [rows[4][f"margin_{axis}_mm"] for axis in ("lr", "si", "ap")]
    direct = coverage_monte_carlo(
        groups[0].errors(), margin, question.target, np.random.default_rng(9), fractions=10,
        n_patients=12_000,
    )  # fmt: skip
    assert abs(direct.coverage - 0.9) < 4 * np.hypot(
        direct.coverage_standard_error, rows[4]["coverage_standard_error"]
    )
    first = [rows[0][f"margin_{axis}_mm"] for axis in ("lr", "si", "ap")]
    assert np.ptp(np.divide(margin, first)) < 1e-9


def test_logged_patients_that_move_as_one_need_their_shift(rows, logs):
    needed = np.linalg.norm(logs["lung"].shifts_mm[::4], axis=1)
    covered = float(np.mean(needed <= 8.0))
    assert rows[2]["logged_coverage"] == pytest.approx(covered, abs=1 / 25)
    assert rows[5]["margin_lr_mm"] == pytest.approx(np.sort(needed)[22], abs=0.02)


def test_interval_of_a_coverage_holds_against_simulation_at_other_errors():
    target, margin, errors = Target(30.0), [7.0, 9.0, 9.0], CourseErrors([2, 2.7, 2.8], [3, 4, 3.4])
    draws = np.array([[1.6, 2.2, 2.3], [2.0, 2.7, 2.8], [2.4, 3.3, 3.4]])
    random = np.tile([3.0, 4.0, 3.4], (3, 1))

    def simulated(population):
        generator = np.random.default_rng(3)
        return coverage_monte_carlo(
            population, margin, target, generator, fractions=20, n_patients=4_000
        ).coverage

    limits = coverage_interval(
        simulated(errors), errors, margin, target, systematic_draws_mm=draws,
        random_draws_mm=random, fractions=20, level=0.999,
    )  # fmt: skip
    assert limits.low == pytest.approx(simulated(CourseErrors(draws[2], random[2])), abs=0.02)
    assert limits.high == pytest.approx(simulated(CourseErrors(draws[0], random[0])), abs=0.02)


def test_interval_of_a_solved_margin_agrees_with_the_one_that_solves_each_draw(groups):
    errors, target = groups[0].errors(), Target(30.0)
    systematic, random = groups[0].draws
    full = solve_margin_interval(
        0.9, errors.systematic_sd_mm, errors.random_sd_mm, target, np.random.default_rng(2),
        systematic_draws_mm=systematic, random_draws_mm=random, fractions=10,
    )  # fmt: skip
    quick = solved_interval(
        full.margin_mm, 0.9, errors, target, systematic_draws_mm=systematic,
        random_draws_mm=random, ratio=np.ones(3), fractions=10,
    )  # fmt: skip
    assert quick.low == pytest.approx(full.low_mm, abs=0.15)
    assert quick.high == pytest.approx(full.high_mm, abs=0.15)


def test_equal_margins_in_the_closed_form():
    exact = effective_coverage(3.0, 3.0, [9.6, 9.6, 9.6], Target(30.0), None)
    assert exact == pytest.approx(0.8942, abs=5e-5)


def test_same_question_same_rows(groups, question, rows, logs):
    again = estimate_margin_coverage(groups, question, logs)
    assert again == rows


def test_gaps_carry_their_reason(question, logs):
    lacking = group_errors(estimates(("lr", "ap")), covers=COVERS, seed=1)
    (row, *_) = found = estimate_margin_coverage(lacking, question, logs)
    assert row["reason"] == "not estimable: axis si not measured"
    assert {r["coverage"] for r in found} == {None}
    assert trace_coverage(lacking, question, logs) == []
    sharp = replace(question, target=Target(30.0, 0.2))
    known = group_errors(estimates(), covers=COVERS, seed=1)
    assert "penumbra" in estimate_margin_coverage(known, sharp, logs)[0]["reason"]
    assert estimate_margin_coverage(known, question, logs, withheld=True)[0]["coverage"] is None


def test_the_curve_never_falls_and_passes_the_solved_margin(groups, question, rows, logs):
    curve = trace_coverage(groups, question, logs)
    margins, shares = ([row[k] for row in curve] for k in ("margin_mm", "coverage"))
    assert np.all(np.diff(shares) >= 0)
    assert np.interp(rows[3]["margin_lr_mm"], margins, shares) == pytest.approx(0.9, abs=0.03)


def test_budget_adds_variances_and_offsets(groups):
    components = components_of(BUDGET)
    data, every = with_budget(groups, components, complete=False)
    own, all_together = data.errors(), every.errors()
    assert all_together.systematic_sd_mm == pytest.approx(
        np.hypot(own.systematic_sd_mm, [2.0, 2.5, 2.0])
    )
    assert all_together.group_mean().tolist() == [0.0, 1.0, 0.0]
    assert every.covers == "set-up error before correction, delineation and algorithm only"
    shares = estimate_error_budget(groups, components, VAN_HERK, complete=False)
    assert {row["total"] for row in shares} == {"margin for the listed errors"}
    systematic = [r for r in shares if r["axis"] == "lr" and r["kind"] == "systematic"]
    assert sum(row["variance_share"] for row in systematic) == pytest.approx(1.0)
    assert shares[0]["margin_mm"] == pytest.approx(every.margin(VAN_HERK, None, {})[0])
    complete = estimate_error_budget(groups, components, VAN_HERK, complete=True)
    assert complete[0]["total"] == "PTV margin"
    hidden = estimate_error_budget(groups, components, VAN_HERK, complete=True, withheld=True)
    assert {row["margin_mm"] for row in hidden} == {None}


def test_map_is_the_published_coverage_of_the_linear_recipe():
    # 2.5 Sigma + 0.7 sigma, radius 30 mm, many fractions: closed form, to the printed digits.
    expected = {(1, 1): 0.964, (3, 3): 0.894, (5, 5): 0.812, (1, 3): 0.873}
    found = map_coverage(
        [find_recipe("van_herk_linear")], Target(30.0), fractions=None, sds_mm=[1.0, 3.0, 5.0]
    )
    shares = {(row["systematic_sd_mm"], row["random_sd_mm"]): row["coverage"] for row in found}
    assert {key: round(shares[key], 3) for key in expected} == expected
    assert map_coverage([VAN_HERK], Target(30.0, 0.1), fractions=5) == []


def test_a_config_without_target_asks_nothing():
    margins = {
        "recipes": ["van_herk"], "penumbra_sd_mm": 3.2, "dose_level": 0.95, "population": 0.9,
        "fractions": None,
    }  # fmt: skip
    target = {"ctv_radius_mm": None, "fractions": 5}
    assert coverage_question(0.95, 1, margins=margins, target=target, present=None) is None
    asked = coverage_question(
        0.95, 1, margins=margins, target=target | {"ctv_radius_mm": 20.0},
        present={"lr": 1.0, "si": 2.0, "ap": 3.0},
    )  # fmt: skip
    assert asked.present_margin_mm == (1.0, 2.0, 3.0)
    assert (asked.target.ctv_radius_mm, asked.fractions) == (20.0, 5)
