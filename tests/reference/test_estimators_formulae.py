"""Precision, finite-size bias and inverse-gamma helper against independently computed numbers."""

import csv
import json
from pathlib import Path

import pytest

from popmargin.statistics.conventional import finite_size_ratio
from popmargin.statistics.inverse_gamma import InverseGamma
from popmargin.statistics.precision import BalancedDesign, groups_for_precision

DATA = Path(__file__).parent / "data" / "cases_formulae.csv"


def conventional_bias(given: dict) -> dict[str, float]:
    ratio = finite_size_ratio(given["Sigma"], given["sigma"], given["n"])
    return {"ratio": ratio, "rms_Sigma_conv": ratio * given["Sigma"]}


def precision(given: dict) -> dict[str, float]:
    design = BalancedDesign(given["P"], given["n"], given["Sigma"], given["sigma"])
    return {
        "prob_truncated": design.truncation_probability,
        "se_Sigma2": design.between_variance_error,
        "se_Sigma_delta": design.between_sd_error,
        "se_margin_delta": design.combination_error(2.5, 0.7),
        "se_sigma_delta": design.within_sd_error,
    }


def inverse_gamma_sigma2(given: dict) -> dict[str, float]:
    spread = InverseGamma(given["a"], given["b"])
    return {
        "kurtosis_excess": spread.excess_kurtosis,
        "mean_sigma2": spread.mean_variance,
        "quantile_0.975": spread.observation_quantile(0.975),
        "sd_marginal": spread.marginal_sd,
        "t_df": spread.t_df,
        "t_scale": spread.t_scale,
    }


FUNCTIONS = {f.__name__: f for f in (conventional_bias, precision, inverse_gamma_sigma2)}


def cases() -> list[dict[str, str]]:
    with DATA.open(encoding="utf-8") as stream:
        return [row for row in csv.DictReader(stream) if row["function"] in FUNCTIONS]


@pytest.mark.parametrize("row", cases(), ids=lambda row: row["case_id"])
def test_case(row: dict[str, str]) -> None:
    expected = json.loads(row["expected_json"])
    found = FUNCTIONS[row["function"]](json.loads(row["inputs_json"]))
    assert found.keys() == expected.keys()
    assert found == pytest.approx(expected, abs=float(row["abs_tol"]), rel=0)


def test_all_seven_cases_are_there() -> None:
    assert len(cases()) == 7


@pytest.mark.parametrize(("half_width", "groups"), [(0.2, 50), (0.1, 194)])
def test_groups_needed_however_large_they_are(half_width: float, groups: int) -> None:
    """The bound of methods: +-20 % needs 50 groups and +-10 % 194, however many observations."""
    found = groups_for_precision(1.0, 1.0, 100_000, relative_half_width=half_width)
    assert found == groups
