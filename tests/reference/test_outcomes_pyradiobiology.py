"""EQD2, gEUD, complication and control equal pyradiobiology on 60 random histograms.

The program that made the values, and the values, stand in ``tests/oracles/pyradiobiology``.
"""

import csv
from pathlib import Path

import pytest
from numpy.testing import assert_allclose

from popmargin.outcomes.complication import lkb_probability, relative_seriality_probability
from popmargin.outcomes.control import poisson_control
from popmargin.outcomes.dose_volume import generalised_eud_gy
from popmargin.outcomes.fractionation import equivalent_dose_2gy

FILE = Path(__file__).parents[1] / "oracles" / "pyradiobiology" / "reference.csv"
with FILE.open(encoding="utf-8", newline="") as stream:
    CASES = [
        {key: [float(x) for x in cell.split()] for key, cell in row.items()}
        for row in csv.DictReader(stream)
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['case'][0]:.0f}")
def test_responses_of_a_histogram(case):
    one = {key: values[0] for key, values in case.items()}
    dose, volume = case["dose_gy"], case["volume_fraction"]
    course = {"fractions": one["fractions"], "alpha_beta_gy": one["alpha_beta_gy"]}
    converted = equivalent_dose_2gy(dose, **course)
    assert_allclose(converted[0], one["eqd2_first_gy"], rtol=1e-12)
    eud = generalised_eud_gy(converted, volume, exponent=1 / one["n"])
    assert_allclose(eud, one["geud_gy"], rtol=1e-9)
    assert_allclose(
        lkb_probability(eud, td50_gy=one["td50_gy"], m=one["m"]), one["lkb"], rtol=1e-8, atol=1e-15
    )
    found = relative_seriality_probability(
        converted, volume, d50_gy=one["td50_gy"], gamma=one["gamma"], seriality=one["seriality"]
    )
    # Theirs subtracts from 1 what lies near 1, so that small risks keep fewer digits.
    assert_allclose(found, one["relative_seriality"], rtol=1e-6, atol=1e-12)
    control = poisson_control(
        dose, volume, alpha_per_gy=one["alpha_per_gy"], clonogens=one["clonogens"], **course
    )
    assert_allclose(control, one["poisson"], rtol=1e-8, atol=1e-15)


def test_cases_are_telling():
    for name in ("lkb", "relative_seriality", "poisson"):
        assert sum(0.01 < case[name][0] < 0.99 for case in CASES) >= 5
