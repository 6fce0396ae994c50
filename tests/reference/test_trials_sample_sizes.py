"""Sample sizes agree with the published and computed vectors (sample_size_formulae.csv)."""

import json
from pathlib import Path

import polars as pl
import pytest

from popmargin.trials.cluster import cluster
from popmargin.trials.noninferiority import noninferiority
from popmargin.trials.precision import precision, precision_of_design
from popmargin.trials.proportions import proportions_by_margin, two_proportions
from popmargin.trials.survival import survival

DATA = Path(__file__).parent / "data"


def vector(design: str) -> str:
    table = pl.read_csv(DATA / "sample_size_formulae.csv")
    return table.filter(pl.col("design").str.starts_with(design))["test_vector"].item()


@pytest.mark.parametrize(
    ("control", "experimental", "power", "patients"),
    [
        (0.434, 0.244, 0.8, 97),
        (0.29, 0.15, 0.8, 137),
        (0.29, 0.15, 0.9, 182),
        (0.083, 0.058, 0.8, 1645),
    ],
)
def test_two_proportions(control, experimental, power, patients):
    assert two_proportions(control, experimental, power=power).patients_per_arm == patients


def test_proportion_vectors_are_those_of_the_table():
    assert vector("two-proportion superiority (pooled") == (
        "p1=.434,p2=.244,a=.05,80%: 97; .29 vs .15: 137 (80%), 182 (90%)"
    )
    assert vector("two-proportion non-inferiority") == (
        "pA=.85,pB=.65,d=-.10,a=.05,80%: 25 (published)"
    )
    assert vector("NI equal true p") == "p=.80,M=.10,a=.025,90%: 337; M=.05: 1345"
    assert vector("log-rank events") == "HR .45: 50; .50: 66; .71: 268; .81: 708 (80%)"


def test_chow_shao_wang_example():
    size = proportions_by_margin(0.65, 0.85, margin=-0.10, alpha=0.05, power=0.8)
    assert size.patients_per_arm == 25


@pytest.mark.parametrize(("margin", "patients"), [(0.10, 337), (0.05, 1345)])
def test_noninferiority(margin, patients):
    size = noninferiority(0.80, margin=margin, power=0.9, alpha=0.025)
    assert size.patients_per_arm == patients


@pytest.mark.parametrize(
    ("hazard_ratio", "events"), [(0.45, 50), (0.50, 66), (0.71, 268), (0.81, 708)]
)
def test_schoenfeld_events(hazard_ratio, events):
    assert survival(hazard_ratio).events == events


def test_interface_examples():
    assert survival(0.71, power=0.8, alpha=0.05, event_share=0.3).patients_per_arm == 447
    size = cluster(100, cluster_size=20, icc=0.02)
    assert (size.patients_per_arm, size.clusters_per_arm) == (138, 7)


@pytest.mark.parametrize(("half_width", "patients"), [(0.2, 50), (0.1, 194)])
def test_many_fractions_leave_the_number_of_patients(half_width, patients):
    many = precision(2, 2, fractions=10**6, half_width=half_width)
    assert many.patients == many.patients_many_fractions == patients
    assert precision(2, 2, fractions=10, half_width=half_width).patients > patients


@pytest.mark.parametrize(
    ("patients", "printed"), [(20, 17.9), (30, 14.5), (50, 11.1), (100, 7.8), (200, 5.5)]
)
def test_relative_standard_error_of_the_systematic_error(patients, printed):
    # Sigma = sigma, n = 10; printed in percent to one decimal
    design = precision_of_design(1, 1, fractions=10, patients=patients)
    assert abs(100 * design.systematic_sd_half_width / 1.959964 - printed) < 0.05


def test_relative_standard_error_of_the_random_error():
    # N = 20, n = 10: 5.3 %
    design = precision_of_design(1, 1, fractions=10, patients=20)
    assert abs(100 * design.random_sd_half_width / 1.959964 - 5.3) < 0.05


@pytest.mark.parametrize(
    "case",
    pl.read_csv(DATA / "cases_formulae.csv").filter(pl.col("function") == "precision").to_dicts(),
)
def test_standard_errors_of_the_computed_cases(case):
    given, wanted = json.loads(case["inputs_json"]), json.loads(case["expected_json"])
    design = precision_of_design(
        given["Sigma"],
        given["sigma"],
        fractions=given["n"],
        patients=given["P"],
        level=0.6826894921370859,  # one standard error
    )
    tolerance = case["abs_tol"]
    assert abs(design.systematic_sd_half_width_mm - wanted["se_Sigma_delta"]) < tolerance
    assert abs(design.random_sd_half_width_mm - wanted["se_sigma_delta"]) < tolerance
    assert abs(design.margin_half_width_mm - wanted["se_margin_delta"]) < tolerance
    assert abs(design.probability_not_positive - wanted["prob_truncated"]) < tolerance
