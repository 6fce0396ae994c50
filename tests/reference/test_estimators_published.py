"""Variance components and intervals against published and independently computed numbers.

Every row of ``cases_estimators_expected.csv`` is tested within its own tolerance.
"""

import csv
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from popmargin.statistics.anova import anova_components, anova_mean_squares
from popmargin.statistics.classical_intervals import (
    chi_square_within_sd,
    modified_large_sample_between_variance,
    satterthwaite_between_variance,
    satterthwaite_df,
    williams_tukey_between_variance,
)
from popmargin.statistics.conventional import conventional_components
from popmargin.statistics.covariance import covariance_components
from popmargin.statistics.generalised_interval import generalised_draws
from popmargin.statistics.interval import interval_of
from popmargin.statistics.one_way import OneWayData
from popmargin.statistics.reml import (
    log_likelihood,
    maximum_likelihood_components,
    reml_components,
)
from popmargin.statistics.vector_table import VectorTable

FOLDER = Path(__file__).parent / "data"
# Percentiles by quadrature are exact; this many points bring ours to a tenth of a
# percent (the default 4181 to about 0.3 %).
DRAWS = 75025


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@cache
def one_way(dataset: str) -> OneWayData:
    found = [row for row in rows("cases_estimators_data.csv") if row["dataset"] == dataset]
    return OneWayData.from_values(
        [float(row["x_mm"]) for row in found], [row["patient"] for row in found]
    )


@cache
def bivariate() -> VectorTable:
    found = [row for row in rows("cases_estimators_data.csv") if row["y_mm"]]
    values = [[float(row["x_mm"]), float(row["y_mm"])] for row in found]
    return VectorTable.from_values(values, [row["patient"] for row in found])


@cache
def draws(dataset: str):
    return generalised_draws(one_way(dataset), draws=DRAWS)


def unweighted_means_variance(data: OneWayData) -> float:
    """Variance of the means less its expectation from the pooled variance within."""
    parts = conventional_components(data, "pooled")
    return parts.between_variance - parts.within_variance / data.by_size.harmonic_size


def ml_deviance(data: OneWayData) -> float:
    fit = maximum_likelihood_components(data)
    return -2 * log_likelihood(data, fit.between_variance, fit.within_variance, restricted=False)


POINTS = {
    "M_unweighted": lambda d: anova_components(d).mean,
    "Sigma_conventional": lambda d: conventional_components(d).between_sd,
    "sigma_rms_unweighted": lambda d: conventional_components(d, "rms").within_sd,
    "sigma_pooled": lambda d: conventional_components(d, "pooled").within_sd,
    "MSB": lambda d: anova_mean_squares(d)[0],
    "MSW": lambda d: anova_mean_squares(d)[1],
    "n0": lambda d: anova_mean_squares(d)[2],
    "n_harmonic": lambda d: d.by_size.harmonic_size,
    "Sigma2_anova_untruncated": lambda d: anova_components(d).between_variance,
    "Sigma2_unweighted_means_untruncated": unweighted_means_variance,
    "Sigma_anova": lambda d: anova_components(d).between_sd,
    "Sigma2_reml": lambda d: reml_components(d).between_variance,
    "sigma2_reml": lambda d: reml_components(d).within_variance,
    "Sigma2_ml": lambda d: maximum_likelihood_components(d).between_variance,
    "sigma2_ml": lambda d: maximum_likelihood_components(d).within_variance,
    "ML_neg2loglik": ml_deviance,
    "sigma_ci95_low_chi2": lambda d: chi_square_within_sd(d).low,
    "sigma_ci95_high_chi2": lambda d: chi_square_within_sd(d).high,
    "Sigma2_ci95_low_mls": lambda d: modified_large_sample_between_variance(d).low,
    "Sigma2_ci95_high_mls": lambda d: modified_large_sample_between_variance(d).high,
    "Sigma2_ci95_low_williams_tukey": lambda d: williams_tukey_between_variance(d).low,
    "Sigma2_ci95_high_williams_tukey": lambda d: williams_tukey_between_variance(d).high,
    "Sigma2_satterthwaite_df": satterthwaite_df,
    "Sigma2_ci95_low_satterthwaite": lambda d: satterthwaite_between_variance(d).low,
    "Sigma2_ci95_high_satterthwaite": lambda d: satterthwaite_between_variance(d).high,
}


def generalised(dataset: str, quantity: str) -> float:
    both = draws(dataset)
    if quantity.startswith("margin"):
        found = interval_of(2.5 * both.between_sd + 0.7 * both.within_sd)
    else:
        found = interval_of(both.between_sd**2)
    part = quantity.removesuffix("_untruncated").rsplit("_", 1)[1]
    return {"low": found.low, "median": found.median, "high": found.high}[part]


def vector(quantity: str) -> float:
    parts = covariance_components(bivariate())
    if quantity == "SigmaB_min_eigenvalue":
        return float(np.linalg.eigvalsh(parts.between).min())
    matrix = {
        "SigmaB": parts.between,
        "SigmaW": parts.within,
        "SigmaB_psd_clip": parts.between_clipped,
    }[quantity.rsplit("_", 1)[0]]
    i, j = ("xy".index(letter) for letter in quantity[-2:])
    return matrix[i, j]


def group_summary(dataset: str, quantity: str) -> float:
    number, part = quantity.removeprefix("patient").split("_")
    data, at = one_way(dataset), int(number) - 1
    if part == "mean":
        return data.means[at]
    return (data.sums_of_squares[at] / (data.sizes[at] - 1)) ** 0.5


def ours(dataset: str, quantity: str) -> float:
    if dataset == "tiny_bivariate":
        return vector(quantity)
    if quantity.startswith("patient"):
        return group_summary(dataset, quantity)
    if "gci95" in quantity:
        return generalised(dataset, quantity)
    return POINTS[quantity](one_way(dataset))


@pytest.mark.parametrize(
    "row", rows("cases_estimators_expected.csv"), ids=lambda row: row["case_id"]
)
def test_case(row: dict[str, str]) -> None:
    expected = float(row["expected"])
    if row["quantity"].endswith("low_untruncated"):
        # The reference keeps the sign; an SD drawn below 0 is 0.
        expected = max(0.0, expected)
    found = ours(row["dataset"], row["quantity"])
    assert found == pytest.approx(expected, abs=float(row["abs_tol"]), rel=0)


def test_unbalanced_generalised_interval_matches_its_reference() -> None:
    """Sigma 1.738 / 4.856 / 26.21 and 2.5 Sigma + 0.7 sigma 5.821 / 13.52 / 66.9, to 1 %."""
    both = generalised_draws(one_way("tiny_unbalanced"))
    between = interval_of(both.between_sd)
    combined = interval_of(2.5 * both.between_sd + 0.7 * both.within_sd)
    found = [between.low, between.median, between.high]
    found += [combined.low, combined.median, combined.high]
    assert found == pytest.approx([1.738, 4.856, 26.21, 5.821, 13.52, 66.9], rel=0.01)
