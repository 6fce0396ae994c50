"""The commands motion and anatomy: one JSON object, exit codes, what is refused."""

import json

import numpy as np
import pytest

from popmargin.cli.main import main
from popmargin.cohorts.anatomy import anatomy_cohort
from popmargin.cohorts.breathing import breathing_cohort
from popmargin.cohorts.within_fractions import within_fraction_cohort


@pytest.fixture
def folder(tmp_path, monkeypatch):
    rng = np.random.default_rng(1)
    breathing = breathing_cohort("lung_breathing", rng=rng)
    breathing.filter(breathing["t_s"] < 40).write_csv(tmp_path / "traces.csv")
    within_fraction_cohort("prostate_intrafraction", rng=rng).write_csv(tmp_path / "shifts.csv")
    anatomy_cohort("head_and_neck_anatomy", rng=rng).write_csv(tmp_path / "anatomy.csv")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def answer(capsys, *arguments):
    code = main([*arguments, "--json"])
    out = capsys.readouterr().out
    return code, json.loads(out) if out else None


def test_motion_of_traces(folder, capsys):
    code, found = answer(capsys, "motion", "traces.csv", "--gate", "0.4")
    assert code == 0
    assert len(found["rows"]) == 12 * 2 * 3
    assert {"sd_mm", "sd_low_mm", "duty_cycle", "tracking_sd_mm"} <= set(found["rows"][0])


def test_motion_of_shifts(folder, capsys):
    code, found = answer(capsys, "motion", "shifts.csv", "--contract", "shifts")
    assert code == 0
    assert [row["axis"] for row in found["rows"]] == ["lr", "si", "ap"]
    assert all(row["walk_mm2_per_min"] > 0 for row in found["rows"])


@pytest.mark.parametrize(
    ("show", "key"),
    [("rates", "rate"), ("patients", "own_rate"), ("steps", "alarm_fraction"),
     ("triggers", "called_share"), ("alarms", "change"), ("schedules", "rms_distance"),
     ("predictor", "reason")],
)  # fmt: skip
def test_anatomy_shows_each_table(folder, capsys, show, key):
    code, found = answer(capsys, "anatomy", "anatomy.csv", "--show", show)
    assert code == 0
    assert found["rows"]
    assert key in found["rows"][0]
    if show == "rates":
        parotid = found["rows"][2]
        assert parotid["structure"] == "parotid"
        assert parotid["rate_low"] < -0.69 < parotid["rate_high"]
        assert "event_days_excluded" in {flag["code"] for flag in found["flags"]}


def test_refusals(folder, capsys):
    assert main(["motion", "anatomy.csv"]) == 1
    assert main(["anatomy", "anatomy.csv", "--show", "triggers", "--trigger", "nothing"]) == 2
    head = "patient_id,fraction,structure,quantity,value"
    (folder / "bare.csv").write_text(f"{head}\np,1,a,volume,3\n")
    assert main(["anatomy", "bare.csv"]) == 1
    assert "unit" in capsys.readouterr().err
