"""Simulated coverage of finite courses against independently simulated values."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from popmargin.margins.course_errors import CourseErrors
from popmargin.margins.coverage import Target
from popmargin.margins.coverage_monte_carlo import coverage_monte_carlo, simulated_minimum_doses
from popmargin.margins.dose_population import dose_of_population

DATA = Path(__file__).parent / "data" / "cases_formulae.csv"
CASES = [
    case
    for case in csv.DictReader(DATA.read_text().splitlines())
    if case["function"] == "coverage_finite_fractions_mc"
]


def test_no_case_is_lost():
    assert len(CASES) == 6


@pytest.mark.parametrize("case", CASES, ids=[case["case_id"] for case in CASES])
def test_coverage_and_tenth_percentile_of_the_minimum_dose(case):
    given, expected = json.loads(case["inputs_json"]), json.loads(case["expected_json"])
    doses = simulated_minimum_doses(
        CourseErrors(given["Sigma"], given["sigma"]),
        given["margin"],
        Target(given["r_ctv"], given["sigma_p"], given["dose_level"]),
        np.random.default_rng(20),
        fractions=given["N"],
        n_patients=10_000,
    )
    tolerance = float(case["abs_tol"])
    coverage = np.mean(doses >= given["dose_level"])
    assert coverage == pytest.approx(expected["coverage"], rel=0, abs=tolerance)
    tenth = dose_of_population(doses, 0.90)
    assert tenth == pytest.approx(expected["d_min_p10"], rel=0, abs=tolerance / 4)


@pytest.mark.parametrize(
    ("systematic", "random", "fractions", "known"),
    [(3, 3, 30, 0.880), (3, 3, 5, 0.836), (2, 2, 5, 0.890), (1, 3, 30, 0.707), (1, 3, 5, 0.411)],
)
def test_refined_simulation_of_the_linear_recipe(systematic, random, fractions, known):
    found = coverage_monte_carlo(
        CourseErrors(systematic, random),
        2.5 * systematic + 0.7 * random,
        Target(30.0),
        np.random.default_rng(21),
        fractions=fractions,
        n_patients=30_000,
    )
    # The known value is uncertain by 0.002 and printed to three digits; this one by its own error.
    tolerance = 0.002 + 0.0005 + 2.0 * found.coverage_standard_error
    assert found.coverage == pytest.approx(known, rel=0, abs=tolerance)
    assert found.coverage_standard_error < 0.0025
