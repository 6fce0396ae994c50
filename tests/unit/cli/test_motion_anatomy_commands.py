"""The commands motion and anatomy: one JSON object, exit codes, what is refused."""

import json

import numpy as np
import polars as pl
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
    [("population", "systematic_sd"), ("within", "walk_mm2_per_min"), ("growth", "rms_mm"),
     ("reimaging", "interval_min")],
)  # fmt: skip
def test_motion_of_traces_shows_each_table(folder, capsys, show, key):
    code, found = answer(capsys, "motion", "traces.csv", "--show", show, "--block", "10")
    assert code == 0
    assert found["rows"]
    assert all(key in row for row in found["rows"])


STRATEGIES = ("--show", "strategies", "--systematic", "2", "--random", "1,2,3", "--ctv-radius",
              "25")  # fmt: skip


def test_strategies_side_by_side_with_own_values(folder, capsys):
    code, found = answer(capsys, "motion", "traces.csv", *STRATEGIES)
    assert code == 0
    assert [row["strategy"] for row in found["rows"]][:2] == ["itv", "mid_position"]
    assert all(row["volume_low_cc"] <= row["volume_cc"] for row in found["rows"])
    own = ("--strategy", "gating_duty_cycle=0.25", "--each-patient")
    _, stated = answer(capsys, "motion", "traces.csv", *STRATEGIES, *own)
    duty = {row["duty_cycle"] for row in stated["rows"] if row["strategy"] == "gating"}
    assert duty == {0.25}
    assert main(["motion", "traces.csv", "--show", "strategies"]) == 2
    assert main(["motion", "traces.csv", *STRATEGIES, "--strategy", "gating_nothing=1"]) == 2
    assert main(["motion", "traces.csv", *STRATEGIES, "--strategy", "compression_cap_mm=0"]) == 2


def test_amplitudes_of_a_4d_ct_stand_for_traces(folder, capsys):
    head = "patient_id,fraction,structure,quantity,value,unit"
    rows = [f"{p},0,GTV,amplitude_si,{mm},mm" for p, mm in (("a", 30), ("b", 12), ("c", 3))]
    (folder / "amplitudes.csv").write_text("\n".join([head, *rows]))
    anatomy = ("motion", "amplitudes.csv", "--contract", "anatomy")
    _, found = answer(capsys, *anatomy)
    si = [row for row in found["rows"] if row["axis"] == "si"]
    assert [round(row["peak_to_peak_mm"]) for row in si] == [30, 12, 3]
    assert all(row["sd_low_mm"] < row["sd_mm"] for row in si)
    assert {row["basis"] for row in si} == {"4D-CT amplitude"}
    code, _ = answer(capsys, *anatomy, *STRATEGIES)
    assert code == 0
    assert main([*anatomy, "--show", "within"]) == 2
    (folder / "amplitudes.csv").write_text("\n".join([head, rows[0].replace("mm", "cm")]))
    assert main(list(anatomy)) in (1, 2)
    assert "cm" in capsys.readouterr().err


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


def test_own_triggers_from_a_file(folder, capsys):
    head = "trigger,structure,quantity,direction,threshold,unit,action,source"
    row = "weight_8,body,weight,loss,8,%,look at the plan,local protocol 3"
    (folder / "own.csv").write_text(f"{head}\n{row}\n")
    own = ("anatomy", "anatomy.csv", "--show", "triggers", "--triggers", "own.csv")
    code, found = answer(capsys, *own, "--only-own")
    assert code == 0
    assert [row["trigger_status"] for row in found["rows"]] == ["stated by the site"]
    (folder / "own.csv").write_text(f"{head}\n{row.replace('loss', 'up')}\n")
    assert main(list(own)) == 2
    assert "loss, gain, either" in capsys.readouterr().err
    assert main([*own[:-1], "nothing.csv"]) == 2
    assert main(["anatomy", "anatomy.csv", "--show", "triggers", "--only-own"]) == 2


def test_a_trigger_of_another_site_is_not_replayed_on_a_patient(folder, capsys):
    table = pl.read_csv(folder / "anatomy.csv").with_columns(site=pl.lit("Head and neck (larynx)"))
    table.write_csv(folder / "sited.csv")
    _, found = answer(capsys, "anatomy", "sited.csv", "--show", "triggers")
    assert {row["trigger"] for row in found["rows"]} == {"hn_weight_loss", "parotid_volume_loss"}
    _, everywhere = answer(capsys, "anatomy", "anatomy.csv", "--show", "triggers")
    assert "npc_weight_loss" in {row["trigger"] for row in everywhere["rows"]}
    assert "site_not_known" in {flag["code"] for flag in everywhere["flags"]}
