"""``popmargin scenarios``: from given errors and from a table, to JSON and to a file."""

import json

import numpy as np
import polars as pl
import pytest

from popmargin.cli.main import main


@pytest.fixture
def shifts(tmp_path):
    rng = np.random.default_rng(2)
    rows = [
        (f"p{n:02}", fraction, "ab"[n % 2], *(start + rng.normal(0.0, 1.5, 3)).tolist())
        for n in range(16)
        for start in [rng.normal(3.0, 2.0, 3)]
        for fraction in range(1, 6)
    ]
    path = tmp_path / "shifts.csv"
    columns = ["patient_id", "fraction", "site", "lr_mm", "si_mm", "ap_mm"]
    pl.DataFrame(rows, schema=columns, orient="row").write_csv(path)
    return str(path)


def answer(capsys, *arguments, code=0):
    assert main(["scenarios", *arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_given_errors_give_worst_cases_and_samples(capsys):
    arguments = ["--systematic", "1,2,3", "--random", "2", "--courses", "2", "--fractions", "3"]
    found = answer(capsys, *arguments)
    kinds = [row["kind"] for row in found["rows"]]
    assert (kinds.count("nominal"), kinds.count("systematic"), kinds.count("sampled")) == (1, 6, 6)
    assert found["rows"][5]["ap_mm"] == pytest.approx(7.5008, abs=1e-3)
    assert answer(capsys, *arguments)["rows"] == found["rows"]
    assert answer(capsys, *arguments, "--seed", "2")["rows"] != found["rows"]
    assert any("reach 58%" in text for text in found["assumptions"])


def test_a_table_gives_groups_and_a_file(shifts, capsys, tmp_path):
    target = tmp_path / "out.csv"
    found = answer(capsys, shifts, "--by", "site", "--points", "13", "--output", str(target))
    assert [row["group"] for row in found["rows"]] == ["a"] * 13 + ["b"] * 13
    assert "group_mean_excludes_zero" in {flag["code"] for flag in found["flags"]}
    written = pl.read_csv(target)
    assert written.height == 26
    assert written["lr_mm"].to_list() == [row["lr_mm"] for row in found["rows"]]


def test_group_mean_and_upper_limits(shifts, capsys):
    plain = answer(capsys, shifts)
    moved = answer(capsys, shifts, "--with-group-mean")
    upper = answer(capsys, shifts, "--limit", "upper")
    assert moved["rows"][0]["lr_mm"] > 1.0
    assert "group_mean_excludes_zero" not in {flag["code"] for flag in moved["flags"]}
    assert upper["rows"][1]["lr_mm"] > plain["rows"][1]["lr_mm"] > 0.0


def test_single_fractions_give_no_rows_and_the_reason(shifts, capsys, tmp_path):
    first = tmp_path / "first.csv"
    pl.read_csv(shifts).filter(fraction=1).write_csv(first)
    found = answer(capsys, str(first))
    assert found["rows"] == []
    assert any("all three axes" in flag["message"] for flag in found["flags"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "needs a SHIFTS table"),
        (["--systematic", "1"], "--random beside it"),
        (["--systematic", "1", "--random", "1", "--courses", "3"], "go together"),
        (["--systematic", "1", "--random", "1", "--limit", "upper"], "need a SHIFTS table"),
        (["--systematic", "1,2", "--random", "1"], "one number or lr,si,ap"),
    ],
)
def test_wrong_usage_says_what_is_wrong(capsys, arguments, message):
    assert main(["scenarios", *arguments]) == 2
    assert message in capsys.readouterr().err
