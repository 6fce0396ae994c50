"""Closed formulae of the margins floor against published and independently computed numbers."""

import csv
import json
import math
from pathlib import Path

import pytest

from popmargin.margins.alpha_beta import ALPHA_90
from popmargin.margins.breathing import PUBLISHED_SD_RATIO, breathing_sd, cosine_power_sd_ratio
from popmargin.margins.combine import quadrature_sum
from popmargin.margins.effective_errors import effective_errors
from popmargin.margins.random_walk import random_walk_variances
from popmargin.margins.recipes.icru62_quadrature import icru62_quadrature_margin
from popmargin.margins.recipes.mckenzie_prv import mckenzie_prv_margin
from popmargin.margins.recipes.parker import parker_margin
from popmargin.margins.recipes.van_herk import van_herk_margin
from popmargin.margins.recipes.van_herk_linear import van_herk_linear_margin
from popmargin.margins.recipes.yoda import yoda_margin
from popmargin.margins.rotations import (
    chord_displacement,
    isotropic_rotation_sd,
    rotation_displacement_sd,
)

DATA = Path(__file__).parent / "data" / "cases_formulae.csv"


def vanherk_nonlinear(given: dict) -> dict[str, float]:
    components = {key: given[key] for key in ("Sigma", "sigma")}
    if isinstance(given["Sigma"], list):
        components = {key: quadrature_sum(parts) for key, parts in components.items()}
    margin = van_herk_margin(
        components["Sigma"],
        components["sigma"],
        alpha=given["alpha"],
        beta=given["beta"],
        penumbra_sd_mm=given["sigma_p"],
    )
    linear = van_herk_linear_margin(components["Sigma"], components["sigma"])
    return {"margin": float(margin), "linear": float(linear)}


def sbrt_lung_80(given: dict) -> dict[str, float]:
    assert given["k"] == PUBLISHED_SD_RATIO
    respiratory = float(breathing_sd(given["amplitude_pp"]))
    systematic = quadrature_sum(given["Sigma"])
    margin = van_herk_margin(
        systematic,
        quadrature_sum([*given["sigma"], respiratory]),
        alpha=given["alpha"],
        beta=given["beta"],
        penumbra_sd_mm=given["sigma_p"],
    )
    return {"margin": float(margin), "Sigma_tot": systematic, "sigma_resp": respiratory}


def quadrature_vs_linear(given: dict) -> dict[str, float]:
    return {
        "quadrature": float(van_herk_linear_margin(quadrature_sum(given["Sigma"]), 0.0)),
        "linear": sum(float(van_herk_linear_margin(part, 0.0)) for part in given["Sigma"]),
    }


def few_fractions(given: dict) -> dict[str, float]:
    systematic, random = effective_errors(given["Sigma"], given["sigma"], fractions=given["N"])
    margin = van_herk_margin(
        systematic,
        random,
        alpha=given["alpha"],
        beta=given["beta"],
        penumbra_sd_mm=given["sigma_p"],
    )
    return {
        "Sigma_eff": float(systematic),
        "sigma_eff": float(random),
        "margin_eff": float(margin),
        "margin_linear_eff": float(van_herk_linear_margin(systematic, random)),
    }


def random_walk(given: dict) -> dict[str, float]:
    walk = random_walk_variances(given["D"], given["T"], delay_min=given["t0"])
    return {
        "var_at_T": walk.at_end_mm2,
        "var_course_mean": walk.beam_mean_mm2,
        "var_time_avg": walk.time_average_mm2,
        "var_within": walk.within_beam_mm2,
    }


def breathing(_given: dict) -> dict[str, float]:
    ratios = {"sinusoid": 2, "cos4": 4, "cos6": 6}
    return {name: cosine_power_sd_ratio(power) for name, power in ratios.items()} | {
        "uniform": 1.0 / math.sqrt(12.0)
    }


def rotation_point(given: dict) -> dict[str, float]:
    angle, distance = given["angle_deg"], given["distance"]
    # A lever along si turned about lr moves along ap: the small-angle form.
    small = rotation_displacement_sd([0, distance, 0], [angle, 0, 0])[2]
    return {"chord": float(chord_displacement(angle, distance)), "small_angle": float(small)}


def rotation_factor(_given: dict) -> dict[str, float]:
    return {"per_axis_sd_per_mm_per_deg": float(isotropic_rotation_sd(1.0, 1.0))}


def rotation_cov(given: dict) -> dict[str, float]:
    sds = rotation_displacement_sd(given["r"], given["sd_deg"])
    return dict(zip(("sd_x", "sd_y", "sd_z"), sds.tolist(), strict=True))


FORMULAE = {
    "vanherk_nonlinear": vanherk_nonlinear,
    "sbrt_lung_80": sbrt_lung_80,
    "parker2002": lambda g: {"margin": float(parker_margin(g["Sigma"], g["sigma"]))},
    "icru62_quadrature": lambda g: {
        "margin": float(icru62_quadrature_margin(g["Sigma"], g["sigma"]))
    },
    "yoda2017": lambda g: {
        "margin": float(yoda_margin(g["Sigma"], g["sigma"], k1=g["k1"], k2=g["k2"]))
    },
    "prv_mckenzie2002": lambda g: {"margin": float(mckenzie_prv_margin(g["Sigma"], g["sigma"]))},
    "quadrature_vs_linear": quadrature_vs_linear,
    "effective_errors": few_fractions,
    "random_walk": random_walk,
    "breathing_sd_over_pp_amplitude": breathing,
    "rotation_point": rotation_point,
    "rotation_factor": rotation_factor,
    "rotation_cov": rotation_cov,
}
CASES = [
    case for case in csv.DictReader(DATA.read_text().splitlines()) if case["function"] in FORMULAE
]


def test_no_case_is_lost():
    assert len(CASES) == 21


@pytest.mark.parametrize("case", CASES, ids=[case["case_id"] for case in CASES])
def test_formula_gives_the_expected_numbers(case):
    got = FORMULAE[case["function"]](json.loads(case["inputs_json"]))
    for name, value in json.loads(case["expected_json"]).items():
        assert got[name] == pytest.approx(value, rel=0, abs=float(case["abs_tol"])), name


def test_chang_prints_the_isotropic_factor_rounded():
    assert float(isotropic_rotation_sd(1.0, 1.0)) == pytest.approx(0.01424, rel=1e-3)


def test_exact_constants_differ_from_the_printed_ones_as_the_table_says():
    notes = {"N01": (1, 1, 2.751300), "N03": (3, 3, 9.452193), "N05": (3, 10, 19.507481)}
    for systematic, random, margin in notes.values():
        assert float(van_herk_margin(systematic, random)) == pytest.approx(margin, abs=5e-7)
    assert pytest.approx(2.5003, abs=5e-5) == ALPHA_90
