"""``popmargin margin``, its numbers on the line, and the form of every answer."""

import io
import json
import os
import subprocess
import sys

import pytest

from popmargin.cli import answer as answer_module
from popmargin.cli.answer import Answer, emit, printable
from popmargin.cli.main import main
from popmargin.core.exceptions import PopmarginError
from popmargin.core.flags import Flag


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "a b.csv"
    rows = [f"{p:03d},{f},{p + f % 3},{-p},{f % 2}" for p in range(6) for f in range(1, 5)]
    path.write_text("patient_id,fraction,lr_mm,si_mm,ap_mm\n" + "\n".join(rows) + "\n")
    return str(path)


def run(capsys, *arguments):
    try:
        code = main(list(arguments))
    except SystemExit as stop:
        code = stop.code
    out, err = capsys.readouterr()
    return code, out, err


def found(capsys, *arguments):
    code, out, err = run(capsys, *arguments, "--json")
    assert code == 0, err
    return json.loads(out, parse_constant=pytest.fail)


def test_given_errors_have_the_keys_of_logged_ones(capsys, table):
    logged = found(capsys, "margin", table, "--recipe", "stroom")["rows"]
    given = found(capsys, "margin", "--systematic", "3", "--random", "3", "--recipe", "stroom")
    assert set(given["rows"][0]) == set(logged[0])
    assert given["rows"][0]["axis"] is None
    assert given["rows"][0]["margin_low_mm"] is None
    assert given["rows"][0]["reason"]


@pytest.mark.parametrize("spelling", [["a", "b"], ["a", "--recipe", "b"]])
def test_recipes_are_listed_or_repeated(capsys, table, spelling):
    names = {"a": "stroom", "b": "van_herk_linear"}
    line = [names.get(word, word) for word in spelling]
    rows = found(capsys, "margin", table, "--recipe", *line)["rows"]
    assert [row["recipe"] for row in rows] == ["stroom", "van_herk_linear"] * 3


def test_remarks_on_given_errors_name_axis_and_recipe(capsys):
    line = ["margin", "--systematic", "1,2,3", "--random", "9", "--recipe", "van_herk_linear"]
    messages = [flag["message"] for flag in found(capsys, *line)["flags"]]
    assert messages[0].startswith("axis lr, recipe van_herk_linear: ")
    assert messages[0].endswith("(and 2 more rows)")


def test_few_fractions_are_said(capsys, table):
    few = found(capsys, "margin", table, "--fractions", "4")
    assert any("4 fractions" in text for text in few["assumptions"])
    assert {row["fractions"] for row in few["rows"]} == {4}
    many = found(capsys, "margin", table)
    assert "many fractions (no --fractions)" in many["assumptions"]


IMPOSSIBLE = [
    "TABLE --level 2", "TABLE --level 0", "TABLE --level nan", "TABLE --level x", "TABLE --seed -1",
    "TABLE --seed 1.5", "TABLE --fractions 0", "TABLE --fractions -3", "TABLE --fractions 2.5",
    "TABLE --fractions nan", "TABLE --dose-level 1.5", "TABLE --dose-level nan",
    "TABLE --population 0", "TABLE --penumbra -1", "TABLE --penumbra inf", "TABLE --random-sd 3",
    "TABLE --recipe", "TABLE --recipe nosuch", "TABLE --image middle", "TABLE --by ,",
    "TABLE --surrogate skin", "TABLE --timing later", "TABLE --separator ab",
    "TABLE --decimal ;", "TABLE --separator . ", "TABLE TABLE",
    "--systematic 3 --random 3 --level 2", "--systematic 3 --random 3 --seed -1",
    "--systematic 3 --random 3 --fractions 0", "--systematic 1,2 --random 3",
    "--systematic 3 --random inf", "--systematic 3 --random -3", "--systematic x --random 3",
    "--systematic 3", "--random 3",
]  # fmt: skip


@pytest.mark.parametrize("line", IMPOSSIBLE)
def test_impossible_numbers_and_names_are_wrong_usage_even_if_nothing_is_estimable(
    capsys, tmp_path, line
):
    path = tmp_path / "one.csv"
    path.write_text("patient_id,fraction,lr_mm,si_mm,ap_mm\na,1,1,1,1\n")
    code, out, err = run(capsys, "margin", *line.replace("TABLE", str(path)).split(), "--json")
    assert (code, out) == (2, "")
    assert err.startswith("popmargin")
    assert "Traceback" not in err


def test_one_patient_has_no_margin_and_one_reason(capsys, tmp_path):
    path = tmp_path / "one.csv"
    path.write_text("patient_id,fraction,lr_mm,si_mm,ap_mm\na,1,1,1,1\na,2,2,2,2\n")
    rows = found(capsys, "margin", str(path))["rows"]
    assert all(row["margin_mm"] is None and row["reason"] for row in rows)


def test_constants_give_a_margin_of_zero_with_a_zero_interval(capsys, tmp_path):
    path = tmp_path / "constant.csv"
    rows = "".join(f"{p},{f},2,2,2\n" for p in range(4) for f in (1, 2, 3))
    path.write_text("patient_id,fraction,lr_mm,si_mm,ap_mm\n" + rows)
    for row in found(capsys, "margin", str(path))["rows"]:
        assert (row["group_mean_mm"], row["systematic_sd_mm"], row["random_sd_mm"]) == (2, 0, 0)
        assert (row["margin_mm"], row["margin_low_mm"], row["margin_high_mm"]) == (0, 0, 0)


def test_plan_takes_json_on_either_side_of_the_design(capsys):
    line = ["survival", "--hazard-ratio", "0.71"]
    first = run(capsys, "plan", "--json", *line)[1]
    assert json.loads(first) == json.loads(run(capsys, "plan", *line, "--json")[1])


def test_a_result_that_is_no_number_is_never_printed():
    with pytest.raises(PopmarginError, match="defect"):
        Answer("x", [{"margin_mm": float("nan")}]).as_json()


def test_json_is_ascii_and_text_survives_a_terminal_that_cannot_show_it(monkeypatch):
    said = Answer("x", [{"site": "Müller \udcff"}], flags=[Flag("a", "info", "µ")])
    assert json.loads(said.as_json())["rows"] == [{"site": "Müller \udcff"}]
    assert said.as_json().isascii()
    for encoding in ("ascii", "cp1252", "utf-8"):
        raw = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
        assert emit(said, as_json=False) == 0
        assert b"ller" in raw.getvalue()


def test_rows_of_different_keys_stand_in_tables_of_their_own():
    rows = [{"axis": "lr", "mean_mm": 1.0}, {"axis": "yaw", "mean_deg": 2.0}]
    rows.append({"axis": "si", "mean_mm": None})
    assert Answer("x", rows).as_text().split("\n") == [
        "axis  mean_mm", "lr      1.000", "si          -", "", "axis  mean_deg", "yaw      2.000",
    ]  # fmt: skip


def test_control_characters_and_long_labels_are_tamed():
    assert printable("a\x1b[2Jb\nc") == "a\\x1b[2Jb\\nc"
    shown = answer_module.Answer("x", [{"site": "s" * 10_000}]).as_text()
    assert len(shown) < 100
    sentence = ("expected, found, what to do " * 3).strip()
    assert sentence in answer_module.Answer("x", [{"row": 1, "message": sentence}]).as_text()


def test_a_reader_that_goes_away_is_no_error(table):
    program = "import sys; from popmargin.cli.main import main; sys.exit(main())"
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run(
        [sys.executable, "-c", program, "margin", table],
        stdout=write_end,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(write_end)
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr


def test_ids_never_reach_a_message(capsys, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("patient_id,fraction,lr_mm,si_mm,ap_mm\nDOE^JOHN,0,x,1,1\n")
    assert "DOE" not in "".join(map(str, run(capsys, "margin", str(path))))
    path.write_text("DOE^JOHN,1,1,1,1\n")
    assert "DOE" not in "".join(map(str, run(capsys, "margin", str(path))))
