"""Priors of a trial's effect: a sceptic, two studies, and the power over them."""

import numpy as np
import pytest

from popmargin.trials.proportions import two_proportions_power
from popmargin.trials.study_prior import expect_effects

CLASS = "late bowel grade 2 or above to 2 years, smaller margin, randomised"
DESIGN = {"risk_control": 0.3, "patients_per_arm": 300}


def test_the_sceptic_gives_even_chances():
    row = expect_effects({"prior_class": None, "alpha": 0.05}, DESIGN)[0]
    assert (row["ratio"], row["chance_of_benefit"]) == (1.0, 0.5)
    assert row["ratio_low"] == pytest.approx(0.5, abs=1e-4)
    # The same mean by drawing from the prior.
    effect = np.random.default_rng(1).normal(0, np.log(2) / 1.959964, 4000)
    risk = 1 / (1 + np.exp(-(np.log(0.3 / 0.7) + effect)))
    powers = [
        two_proportions_power(0.3, one, patients_per_arm=300) if one < 0.3 else 0.0 for one in risk
    ]
    assert row["expected_power"] == pytest.approx(np.mean(powers), abs=0.02)


def test_two_studies_move_the_sceptic_little():
    sceptic, published, both = expect_effects({"prior_class": CLASS, "alpha": 0.05}, DESIGN)
    assert published["ratio"] < both["ratio"] < sceptic["ratio"]
    assert both["ratio"] > 0.95
    width = [np.log(row["ratio_high"] / row["ratio_low"]) for row in (sceptic, published, both)]
    assert width[2] < width[0] < width[1]
