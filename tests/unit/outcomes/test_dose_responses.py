"""Histograms of a study: predictions by hand, fits, and what is said where nothing is estimable."""

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose

from popmargin.outcomes.complication_sets import complication_set
from popmargin.outcomes.dose_responses import TABLES, estimate_dose_responses
from popmargin.outcomes.ntcp import complication
from tests.figures.synthetic_outcomes import dose_tables

RESPONSE = {"structure": "rectum", "ntcp_set": "rectum_quantec", "endpoint": None,
            "grade_at_least": None, "alpha_beta_gy": None}  # fmt: skip
TABLE = pl.DataFrame(
    {
        "patient_id": ["a", "a", "b", "b"], "structure": ["rectum"] * 4,
        "dose_gy": [20.0, 70.0] * 2, "volume_fraction": [0.5, 0.5, 0.8, 0.2],
    }
)  # fmt: skip


def asked(fractions=None, **response):
    return {"kind": "differential", "fractions": fractions, "responses": [RESPONSE | response]}


def outcomes(events):
    return pl.DataFrame(
        {
            "patient_id": list(events), "endpoint": ["gi"] * len(events),
            "grade": [2 if event else None for event in events.values()],
            "event": list(events.values()), "time_months": [24.0] * len(events),
            "time_origin": ["start"] * len(events),
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("label", "fractions"), [("rectum_quantec", 35), ("parotid_dijkema", None)]
)
def test_prediction_is_the_mean_of_the_single_plans(label, fractions):
    found = estimate_dose_responses(TABLE, None, asked(fractions, ntcp_set=label))
    row = found["dose_responses"][0]
    each = [
        complication([20, 70], shares, complication_set(label), fractions=fractions)
        for shares in ([0.5, 0.5], [0.8, 0.2])
    ]
    assert_allclose(row["ntcp"], np.mean([one.ntcp for one in each]), rtol=1e-12)
    if each[0].ntcp_low is not None:
        # The same member of the box for all patients: never wider than one member each.
        assert row["ntcp_low"] >= np.mean([one.ntcp_low for one in each]) - 1e-12
        assert row["ntcp_high"] <= np.mean([one.ntcp_high for one in each]) + 1e-12
        assert row["ntcp_low"] < row["ntcp"] < row["ntcp_high"]
    assert_allclose(row["mean_dose_gy"], (45 + 30) / 2)


def test_few_events_are_said_and_nothing_is_fitted():
    found = estimate_dose_responses(TABLE, outcomes({"a": 1, "b": 0}), asked(endpoint="gi"))
    row, fit = found["dose_responses"][0], found["ntcp_fits"][0]
    assert (row["n_events"], row["observed"]) == (1, 0.5)
    assert row["observed_low"] < 0.02
    assert "at least 5 of each" in fit["reason"]
    assert found["dose_response_points"] == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"structure": "heart"}, "no histogram of heart"),
        ({"endpoint": "gu"}, "no row of endpoint gu"),
        ({"endpoint": "gi"}, "no patient with histogram and outcome"),
    ],
)
def test_what_is_missing_is_the_answer(change, reason):
    found = estimate_dose_responses(TABLE, outcomes({"other": 0}), asked(**change))
    assert reason in found["dose_responses"][0]["reason"]


def test_curve_and_observed_shares_agree_on_the_number_of_events():
    points, fit = (dose_tables()[name] for name in ("dose_response_points", "ntcp_fits"))
    observed = points.filter(kind="observed")
    events = (observed["risk"] * observed["n_patients"]).sum()
    assert_allclose(events, fit["n_events"][0])
    curve = points.filter(kind="fitted")
    assert (np.diff(curve["risk"].to_numpy()) > 0).all()
    assert ((curve["risk_low"] < curve["risk"]) & (curve["risk"] < curve["risk_high"])).all()
    assert set(dose_tables()) == set(TABLES)
