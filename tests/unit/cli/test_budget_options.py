"""An error budget on the command line: components and breathing enter margin and coverage."""

import json
import math

import pytest

from popmargin.cli.main import main

BUDGET = """\
component,kind,lr_mm,si_mm,ap_mm,source,degrees_of_freedom
delineation,systematic,4,4,4,seven observers,6
dose algorithm,offset,0,-1,0,measured,
"""
SHIFTS = """\
patient_id,fraction,lr_mm,si_mm,ap_mm
a,1,1,2,3
a,2,2,2,4
b,1,-1,0,1
b,2,-2,1,0
c,1,0,3,-1
c,2,1,2,0
"""
GIVEN = ("margin", "--systematic", "3", "--random", "3", "--recipe", "van_herk_linear")


@pytest.fixture
def run(tmp_path, capsys):
    (tmp_path / "budget.csv").write_text(BUDGET)
    (tmp_path / "shifts.csv").write_text(SHIFTS)

    def call(*arguments):
        named = [str(tmp_path / a) if a.endswith(".csv") else a for a in arguments]
        code = main([*named, "--json"])
        said = capsys.readouterr()
        return code, json.loads(said.out) if code == 0 else said.err

    return call


def test_components_join_given_errors(run):
    _, found = run(*GIVEN, "--budget", "budget.csv")
    rows = {row["axis"]: row for row in found["rows"]}
    assert rows["lr"]["margin_mm"] == pytest.approx(2.5 * 5.0 + 0.7 * 3.0)
    assert rows["si"]["margin_mm"] == pytest.approx(2.5 * 5.0 + 0.7 * 3.0 + 1.0)
    assert rows["lr"]["data_margin_mm"] == pytest.approx(9.6)
    assert rows["lr"]["covers"] == "the errors given, delineation and dose algorithm only"
    assert rows["lr"]["called"] == "margin for the listed errors"


def test_breathing_is_a_random_error_of_its_amplitude(run):
    _, found = run(*GIVEN, "--breathing", "0,10,0", "--breathing-ratio", "0.4")
    values = {row["axis"]: row["margin_mm"] for row in found["rows"]}
    assert values == pytest.approx({"lr": 9.6, "si": 7.5 + 0.7 * 5.0, "ap": 9.6})


def test_only_a_complete_budget_of_a_table_is_called_ptv_margin(run):
    options = ("margin", "shifts.csv", "--recipe", "stroom", "--budget", "budget.csv")
    _, part = run(*options)
    _, whole = run(*options, "--budget-complete")
    for one, other in zip(part["rows"], whole["rows"], strict=True):
        assert one["margin_mm"] == other["margin_mm"] > one["data_margin_mm"]
        assert other["margin_low_mm"] < other["margin_mm"] < other["margin_high_mm"]
        assert (one["called"], other["called"]) == ("margin for the listed errors", "PTV margin")
    codes = {flag["code"] for flag in whole["flags"]}
    assert {"complete_budget_lacks", "components_taken_as_known"} <= codes
    assert "complete_budget_lacks" not in {flag["code"] for flag in part["flags"]}


def test_components_lower_the_coverage_of_a_margin(run):
    base = ("coverage", "--systematic", "3", "--random", "3", "--margin", "9.6", "--ctv-radius")
    _, alone = run(*base, "30")
    _, together = run(*base, "30", "--breathing", "10", "--breathing-ratio", "0.4")
    expected = run("coverage", "--systematic", "3", "--random", str(math.hypot(3, 4)),
                   "--margin", "9.6", "--ctv-radius", "30")[1]  # fmt: skip
    assert together["rows"][0]["coverage"] == pytest.approx(expected["rows"][0]["coverage"])
    assert together["rows"][0]["coverage"] < alone["rows"][0]["coverage"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BUDGET.replace("offset", "unknown"), "kind"),
        (BUDGET.replace("4,4,4", "4,four,4"), "si_mm"),
        (BUDGET.replace("4,4,4", "-4,4,4"), "delineation"),
    ],
)
def test_a_budget_that_cannot_be_read_whole_is_refused(run, tmp_path, text, words):
    (tmp_path / "budget.csv").write_text(text)
    code, said = run(*GIVEN, "--budget", "budget.csv")
    assert code == 1
    assert words in said


def test_a_complete_budget_needs_components(run):
    code, said = run(*GIVEN, "--budget-complete")
    assert code == 2
    assert "--budget-complete needs" in said


def test_a_measured_total_counts_once_and_a_group_has_its_own_errors(run, tmp_path):
    (tmp_path / "parts.csv").write_text(
        "component,kind,lr_mm,si_mm,ap_mm,source,part_of,group\n"
        "registration,systematic,3,3,3,phantom,both,\n"
        "isocentre,systematic,4,4,4,phantom,both,\n"
        "both,systematic,4,4,4,end to end,,\n"
    )
    _, found = run(*GIVEN, "--budget", "parts.csv")
    assert found["rows"][0]["margin_mm"] == pytest.approx(2.5 * 5.0 + 0.7 * 3.0)
    assert found["rows"][0]["covers"] == "the errors given and both only"
    (tmp_path / "parts.csv").write_text(
        "component,kind,lr_mm,si_mm,ap_mm,source,group\nx,systematic,3,3,3,phantom,lung\n"
    )
    code, said = run(*GIVEN, "--budget", "parts.csv")
    assert code == 2
    assert "needs a SHIFTS table" in said
    _, found = run("margin", "shifts.csv", "--recipe", "stroom", "--budget", "parts.csv")
    assert found["rows"][0]["margin_mm"] == found["rows"][0]["data_margin_mm"]


def test_breathing_comes_from_traces(run, tmp_path):
    lines = ["patient_id,fraction,t_s,lr_mm,si_mm,ap_mm"]
    for patient, height in (("a", 10.0), ("b", 10.0), ("c", 10.0)):
        for step in range(600):
            wave = height * math.cos(math.pi * step * 0.1 / 4.0) ** 2
            lines.append(f"{patient},1,{step * 0.1:.1f},0.1,{wave:.5f},{wave / 2:.5f}")
    (tmp_path / "traces.csv").write_text("\n".join(lines))
    _, found = run(*GIVEN, "--breathing-traces", "traces.csv")
    values = {row["axis"]: row["budget_random_sd_mm"] for row in found["rows"]}
    # SD over height of a sinusoid: 0.3536.
    assert values["si"] == pytest.approx(math.hypot(3.0, 3.536), rel=0.01)
    code, said = run(*GIVEN, "--breathing-traces", "traces.csv", "--breathing", "3")
    assert code == 2
    assert "one origin" in said
