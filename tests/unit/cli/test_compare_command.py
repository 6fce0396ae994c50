"""``popmargin compare`` on a file: keys, exit codes, refusals."""

import json

import numpy as np
import polars as pl
import pytest

from popmargin.cli.main import main


@pytest.fixture
def shifts(tmp_path):
    rng = np.random.default_rng(2)
    rows = [
        (f"p{n:02}", fraction, surrogate, "ab"[n % 2], *rng.normal(start, 2.0, 3).round(3).tolist())
        for n in range(10)
        for start in [rng.normal(0.0, 2.0, 3)]
        for fraction in (1, 2, 3, 4)
        for surrogate in ("bone", "soft_tissue")
    ]
    columns = ["patient_id", "fraction", "surrogate", "centre", "lr_mm", "si_mm", "ap_mm"]
    path = tmp_path / "shifts.csv"
    pl.DataFrame(rows, schema=columns, orient="row").write_csv(path)
    return str(path)


def test_rows_hold_the_promised_keys(shifts, capsys):
    assert main(["compare", shifts, "--between", "surrogate", "--recipe", "stroom", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["command"], len(answer["rows"])) == ("compare", 3)
    row = answer["rows"][0]
    assert row["comparison"] == "bone vs soft_tissue"
    assert (row["paired"], row["n_shared_patients"], row["recipe"]) == (True, 10, "stroom")
    for name in (
        "group_mean_difference_mm",
        "systematic_sd_ratio",
        "random_sd_ratio",
        "margin_difference_mm",
    ):
        stem, unit = (name[:-3], "_mm") if name.endswith("_mm") else (name, "")
        assert row[f"{stem}_low{unit}"] < row[name] < row[f"{stem}_high{unit}"]
    assert any("allotted" in text for text in answer["assumptions"])
    assert "multiple_comparisons" in {flag["code"] for flag in answer["flags"]}


def test_strata_come_from_by_and_the_text_shows_them(shifts, capsys):
    arguments = ["--between", "centre", "--by", "surrogate", "--surrogate", "bone"]
    assert main(["compare", shifts, *arguments]) == 0
    assert capsys.readouterr().out.startswith("surrogate  comparison")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--between", "timing"], 2, "not a column that makes groups"),
        (["--between", "surrogate", "--surrogate", "bone"], 2, "exclude each other"),
        (["--between", "centre", "--recipe", "nosuch"], 2, "unknown recipe"),
        (["--between", "nosuch"], 1, "nosuch"),
    ],
)
def test_what_makes_no_sense_is_refused(shifts, capsys, arguments, code, message):
    assert main(["compare", shifts, *arguments]) == code
    assert message in capsys.readouterr().err
