"""Closed-form coverage against independently computed numbers and the values printed with them."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from popmargin.margins.alpha_beta import alpha_factor
from popmargin.margins.blurred_ball import blurred_ball_dose
from popmargin.margins.coverage import Target
from popmargin.margins.coverage_closed_form import (
    allowed_shift,
    coverage_many_fractions,
    coverage_one_fraction,
    planar_allowed_shift,
)
from popmargin.margins.rotations import isotropic_rotation_sd
from popmargin.margins.shift_probability import shift_probability

DATA = Path(__file__).parent / "data" / "cases_formulae.csv"


def many_fractions(given: dict) -> dict[str, float]:
    target = Target(given["r_ctv"], given["sigma_p"], given["dose_level"])
    margin, random = given["margin"], given["sigma"]
    planar = planar_allowed_shift(
        margin, random, penumbra_sd_mm=given["sigma_p"], dose_level=given["dose_level"]
    )
    return {
        "field_radius": target.field_radius_mm(margin),
        "slack": allowed_shift(margin, random, target),
        "planar": shift_probability(planar, given["Sigma"]),
        "sphere": coverage_many_fractions(given["Sigma"], random, margin, target).coverage,
    }


def no_random_error(given: dict) -> dict[str, float]:
    found = {
        coverage_many_fractions(given["Sigma"], 0.0, given["margin"], target).coverage
        for target in (Target(5.0, 0.0), Target(30.0), Target(100.0, 6.4))
    }
    assert len(found) == 1, "any penumbra, any CTV radius"
    return {"coverage": found.pop()}


def one_fraction(given: dict) -> dict[str, float]:
    found = coverage_one_fraction(given["Sigma"], given["sigma"], given["margin"])
    return {"coverage": found.coverage}


def box(given: dict) -> dict[str, float]:
    one_axis = shift_probability(given["margin_per_axis"], [given["Sigma"], 0.0, 0.0])
    return {"one_axis": one_axis, "three_axes": one_axis**3}


def ellipsoid(given: dict) -> dict[str, float]:
    # In units of each axis' own margin the ellipsoid is a ball of radius alpha.
    sds = np.asarray(given["Sigma"], dtype=float)
    return {"coverage": shift_probability(alpha_factor(0.90), sds / sds)}


def simt(given: dict) -> dict[str, float]:
    rotation = float(isotropic_rotation_sd(given["d"], given["sigma_D_deg"]))
    total = float(np.hypot(given["sigma_S"], rotation))
    margin = given["M_S"] * total / given["sigma_S"]
    across = np.hypot(given["sigma_S"], np.radians(given["sigma_D_deg"]) * given["d"])
    return {
        "sigma_R": rotation,
        "M_E": margin,
        "coverage_isotropic": shift_probability(margin, total),
        "coverage_true_anisotropic": shift_probability(margin, [given["sigma_S"], across, across]),
    }


def ball(given: dict) -> dict[str, float]:
    return {"dose": blurred_ball_dose(given["r"], given["R"], given["sigma"])}


FORMULAE = {
    "coverage_infinite_fractions": many_fractions,
    "coverage_sigma0": no_random_error,
    "coverage_N1": one_fraction,
    "coverage_box_1d": box,
    "coverage_anisotropic": ellipsoid,
    "blurred_ball_dose": ball,
    "simt_margin": simt,
}
CASES = [
    case for case in csv.DictReader(DATA.read_text().splitlines()) if case["function"] in FORMULAE
]


def compared(case: dict[str, str]) -> list[tuple[float, float]]:
    """Ours and the expected value of everything that a row states."""
    got = FORMULAE[case["function"]](json.loads(case["inputs_json"]))
    return [(got[name], value) for name, value in json.loads(case["expected_json"]).items()]


def test_no_case_is_lost():
    assert len(CASES) == 11


@pytest.mark.parametrize("case", CASES, ids=[case["case_id"] for case in CASES])
def test_closed_form_gives_the_expected_numbers(case):
    for got, value in compared(case):
        assert got == pytest.approx(value, rel=0, abs=float(case["abs_tol"])), value


@pytest.mark.parametrize(
    ("systematic", "random", "radius", "printed"),
    [
        (1, 1, 1e6, 0.966),
        (1, 1, 30, 0.964),
        (1, 1, 10, 0.959),
        (3, 3, 1e6, 0.910),
        (3, 3, 30, 0.894),
        (3, 3, 10, 0.875),
        (5, 5, 1e6, 0.848),
        (5, 5, 30, 0.812),
        (5, 5, 10, 0.777),
        (1, 3, 1e6, 0.929),
        (1, 3, 30, 0.873),
        (1, 3, 10, 0.745),
        (2, 5, 1e6, 0.738),
        (2, 5, 30, 0.571),
        # Also known as .320; the noncentral chi-square distribution gives .32054.
        (2, 5, 10, 0.3205),
    ],
)
def test_linear_recipe_covers_what_is_known_of_it(systematic, random, radius, printed):
    margin = 2.5 * systematic + 0.7 * random
    found = coverage_many_fractions(systematic, random, margin, Target(radius)).coverage
    assert found == pytest.approx(printed, rel=0, abs=0.0005 + 1e-9)
