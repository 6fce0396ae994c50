"""Motion and anatomy by command where data are too few, broken or unnamed: refused, or said."""

import json

import pytest

from popmargin.cli.main import main

ANATOMY = "patient_id,fraction,structure,quantity,value,unit"
TRACES = "patient_id,fraction,t_s,si_mm"
SHIFTS = "patient_id,fraction,image,timing,acquired_at,lr_mm,si_mm,ap_mm"


@pytest.fixture
def written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(head, rows):
        (tmp_path / "table.csv").write_text("\n".join([head, *rows]) + "\n")

    return write


def found(capsys, *arguments):
    """Exit code, rows and flag codes; stderr where it was refused."""
    code = main([*arguments, "--json"])
    out = capsys.readouterr()
    answer = json.loads(out.out) if out.out else {"rows": [], "flags": []}
    return code, answer["rows"], {flag["code"] for flag in answer["flags"]}, out.err


def volumes(patients, fractions, unit="cc"):
    return [
        f"{p},{f},parotid,volume,{30 - 0.2 * f + 0.1 * (f % 3)},{unit}"
        for p in patients
        for f in fractions
    ]


@pytest.mark.parametrize(
    ("patients", "fractions"),
    [("a", range(0, 30, 5)), ("abc", [0])],
    ids=["one patient", "one time"],
)
def test_one_patient_or_one_time_has_no_rate_and_says_why(written, capsys, patients, fractions):
    written(ANATOMY, volumes(patients, fractions))
    code, rows, flags, _ = found(capsys, "anatomy", "table.csv")
    assert code == 0
    assert rows[0]["rate"] is None
    assert "needs 2 patients measured at 2 times" in rows[0]["reason"]
    assert "not_estimable" in flags
    _, replayed, _, _ = found(capsys, "anatomy", "table.csv", "--show", "schedules")
    assert all(row["rms_distance"] is None and row["reason"] for row in replayed)


def test_gaps_are_no_values(written, capsys):
    rows = volumes("abcd", range(0, 35, 5))
    written(ANATOMY, [row for place, row in enumerate(rows) if place % 5])
    code, (row, *_), _, _ = found(capsys, "anatomy", "table.csv")
    assert code == 0
    assert row["rate_low"] <= row["rate"] <= row["rate_high"]
    assert row["n_values"] < 28


def test_repeated_times_of_a_trace_are_refused(written, capsys):
    written(TRACES, [f"p,1,{t // 2},{t % 7}" for t in range(200)])
    code, _, _, error = found(capsys, "motion", "table.csv")
    assert code == 1
    assert "same key" in error


def test_repeated_values_of_a_fraction_are_refused_or_counted_once(written, capsys):
    rows = volumes("abc", range(0, 30, 5))
    written(ANATOMY, [*rows, *rows])
    code, (row, *_), _, _ = found(capsys, "anatomy", "table.csv", "--max-set-aside", "0.6")
    assert code == 0
    assert row["n_values"] == len(rows)


@pytest.mark.parametrize("column", ["structure", "unit", "quantity"])
def test_structures_or_units_that_are_missing_are_refused(written, capsys, column):
    names = ANATOMY.split(",")
    kept = [place for place, name in enumerate(names) if name != column]
    rows = [",".join(row.split(",")[place] for place in kept) for row in volumes("ab", range(5))]
    written(",".join(names[place] for place in kept), rows)
    code, _, _, error = found(capsys, "anatomy", "table.csv")
    assert code == 1
    assert f"the column {column}" in error


def test_a_unit_left_empty_is_set_aside_by_row(written, capsys):
    written(ANATOMY, [*volumes("abcd", range(0, 60, 2)), "a,61,parotid,volume,20,"])
    code, _, flags, _ = found(capsys, "anatomy", "table.csv")
    assert code == 0
    assert "row_set_aside" in flags


def test_two_units_are_two_series_and_flagged(written, capsys):
    written(ANATOMY, [*volumes("ab", range(0, 30, 5)), *volumes("cd", range(0, 30, 5), "ml")])
    _, rows, flags, _ = found(capsys, "anatomy", "table.csv")
    assert {row["unit"] for row in rows} == {"cc", "ml"}
    assert "several_units" in flags


def test_a_trace_that_is_too_short_or_still_says_so(written, capsys):
    short = [f"p,1,{t},{t % 3}" for t in range(5)]
    still = [f"q,1,{t},1.5" for t in range(200)]
    written(TRACES, [*short, *still])
    code, rows, flags, _ = found(capsys, "motion", "table.csv")
    assert code == 0
    assert all(row["sd_mm"] is None and row["reason"] for row in rows)
    assert flags == {"trace_not_usable"}
    _, population, _, _ = found(capsys, "motion", "table.csv", "--show", "population")
    assert all(row["group_mean"] is None and row["reason"] for row in population)


def test_one_image_a_fraction_shows_no_motion_within_it(written, capsys):
    written(SHIFTS, [f"p{p},1,1,before_correction,2026-01-05T09:00:00,1,0,{p}" for p in range(3)])
    code, rows, flags, _ = found(capsys, "motion", "table.csv", "--contract", "shifts")
    assert (code, rows) == (0, [])
    assert "not_estimable" in flags
