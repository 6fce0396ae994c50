"""How the command reads tables: what is declared on the line, what comes out, what is refused."""

import json

import polars as pl
import pytest

from popmargin.cli.main import COMMANDS, main

HEAD = "patient_id,fraction,lr_mm,si_mm,ap_mm"
CELLS = [
    (f"{p:03d}", f, p - 2.5 + f / 7, 0.5 * p - f % 3, f / 3 - p % 2)
    for p in range(6)
    for f in (1, 2, 3)
]


def lines(mark=",", decimal=".", extra=""):
    rows = [[p, str(f), *(f"{v:.2f}".replace(".", decimal) for v in xyz)] for p, f, *xyz in CELLS]
    return [mark.join([*row, *([extra] if extra else [])]) for row in rows]


def write(path, head, rows, encoding="utf-8"):
    path.write_bytes(("\n".join([head, *rows]) + "\n").encode(encoding))
    return str(path)


@pytest.fixture
def plain(tmp_path):
    return write(tmp_path / "plain.csv", HEAD, lines())


def run(capsys, *arguments):
    try:
        code = main(list(arguments))
    except SystemExit as stop:
        code = stop.code
    out, err = capsys.readouterr()
    return code, out, err


def answer(capsys, *arguments):
    code, out, err = run(capsys, *arguments, "--json")
    assert out.count("\n") == 1, err
    return code, json.loads(out, parse_constant=pytest.fail)


def estimates(found):
    return [
        {key: value for key, value in row.items() if key.endswith("_mm")} for row in found["rows"]
    ]


def test_the_same_numbers_come_out_of_every_dress_of_a_table(capsys, tmp_path, plain):
    expected = estimates(answer(capsys, "errors", plain)[1])
    semicolon = write(tmp_path / "a.csv", HEAD.replace(",", ";"), lines(";", ","))
    tab = write(tmp_path / "b.csv", HEAD.replace(",", "\t"), lines("\t"))
    wide = write(tmp_path / "c.csv", HEAD, lines(), "utf-16")
    frame = pl.read_csv(plain, schema_overrides={"patient_id": pl.String})
    frame.write_parquet(tmp_path / "d.parquet")
    frame.write_excel(tmp_path / "e.xlsx", worksheet="Log")
    couch = write(
        tmp_path / "f.csv",
        f"{HEAD},quantity",
        [",".join([p, str(f), *(f"{-v:.2f}" for v in xyz), "couch_shift"]) for p, f, *xyz in CELLS],
    )
    for arguments in (
        [semicolon, "--separator", ";", "--decimal", ","],
        [tab, "--separator", "tab"],
        [tab, "--separator", "\\t"],
        [wide, "--encoding", "utf-16"],
        [str(tmp_path / "d.parquet")],
        [str(tmp_path / "e.xlsx"), "--sheet", "Log"],
        [couch],
    ):
        assert estimates(answer(capsys, "errors", *arguments)[1]) == expected


def test_a_wrong_decimal_or_separator_names_the_option_that_mends_it(capsys, tmp_path):
    path = write(tmp_path / "a.csv", HEAD.replace(",", ";"), lines(";", ","))
    code, out, err = run(capsys, "errors", path)
    assert (code, out) == (1, "")
    assert "a.csv, row 1" in err
    assert "--separator" in err
    code, out, err = run(capsys, "errors", path, "--separator", ";")
    assert (code, out) == (1, "")
    assert "a.csv, row 2, column lr_mm: expected a number with a decimal point" in err
    assert '--decimal ","' in err
    code, _, err = run(capsys, "errors", path, "--separator", ";", "--decimal", ".")
    assert code == 1


def test_more_may_be_set_aside_when_told(capsys, tmp_path):
    path = write(tmp_path / "a.csv", HEAD, [*lines(), "009,1,x,1,1", "009,2,x,1,1"])
    code, _, err = run(capsys, "margin", path)
    assert code == 1
    assert "a.csv, row 20, column lr_mm" in err
    assert "--max-set-aside" in err
    code, found = answer(capsys, "margin", path, "--max-set-aside", "0.2")
    assert code == 0
    flags = [(f["file"], f["row"], f["column"]) for f in found["flags"] if f["row"]]
    assert flags == [("a.csv", 20, "lr_mm"), ("a.csv", 21, "lr_mm")]


@pytest.mark.parametrize("share", ["-0.1", "1.1", "nan", "x"])
def test_an_impossible_share_is_wrong_usage(capsys, plain, share):
    assert run(capsys, "check", plain, "--max-set-aside", share)[:2] == (2, "")


def test_groups_by_several_columns_in_either_spelling(capsys, tmp_path):
    extra = [f"{row},{'AB'[i % 2]},{1 + i // 9}" for i, row in enumerate(lines())]
    path = write(tmp_path / "a.csv", f"{HEAD},mask,course", extra)
    _, twice = answer(capsys, "errors", path, "--by", "mask", "--by", "course")
    _, once = answer(capsys, "errors", path, "--by", "mask,course")
    assert twice["rows"] == once["rows"]
    assert {(row["mask"], row["course"]) for row in once["rows"]} == {
        ("A", "1"), ("A", "2"), ("B", "1"), ("B", "2"),
    }  # fmt: skip


REFUSED_GROUPS = {"nosuch": "no such column", "lr_mm": "numbers", "patient_id": "the patient"}


@pytest.mark.parametrize("column", REFUSED_GROUPS)
def test_an_impossible_group_is_refused_with_the_columns_that_are_there(capsys, plain, column):
    code, out, err = run(capsys, "errors", plain, "--by", column)
    assert (code, out) == (1, "")
    assert "plain.csv" in err
    assert REFUSED_GROUPS[column] in err


def test_sites_are_pooled_only_where_the_analysed_rows_hold_several(capsys, tmp_path):
    rows = [f"{row},bone,lung" for row in lines()] + [f"{row},marker,brain" for row in lines()]
    path = write(tmp_path / "a.csv", f"{HEAD},surrogate,site", rows)

    def codes(*options):
        return {flag["code"] for flag in answer(capsys, "errors", path, *options)[1]["flags"]}

    assert {"sites_pooled", "surrogates_pooled"} <= codes()
    assert not {"sites_pooled", "surrogates_pooled"} & codes("--surrogate", "bone")
    assert "surrogates_pooled" in codes("--by", "site")


def test_a_replay_says_what_its_rows_pool(capsys, tmp_path):
    rows = [f"{row},{'lung' if n % 2 else 'brain'}" for n, row in enumerate(lines())]
    path = write(tmp_path / "a.csv", f"{HEAD},site", rows)
    _, found = answer(capsys, "replay", path, "--protocol", "daily")
    assert "sites_pooled" in {flag["code"] for flag in found["flags"]}


def test_a_timing_that_no_row_has_is_refused_with_those_that_are(capsys, tmp_path):
    path = write(tmp_path / "a.csv", f"{HEAD},timing", lines(extra="after_correction"))
    code, _, err = run(capsys, "margin", path)
    assert code == 1
    assert "a.csv: expected rows with timing before_correction, found only after_correction" in err
    _, found = answer(capsys, "margin", path, "--timing", "after_correction")
    assert {row["covers"] for row in found["rows"]} == {"residual error after correction only"}


def test_rotations_are_shown_in_degrees(capsys, tmp_path):
    path = write(tmp_path / "a.csv", f"{HEAD},yaw_deg", lines(extra="0.5"))
    _, found = answer(capsys, "errors", path)
    row = found["rows"][-1]
    assert (row["axis"], row["group_mean_deg"], row["systematic_sd_deg"]) == ("yaw", 0.5, 0.0)
    assert "group_mean_mm" not in row
    assert len(answer(capsys, "margin", path)[1]["rows"]) == 3
    shown = run(capsys, "errors", path)[1]
    assert "group_mean_deg" in shown.splitlines()[5]


@pytest.mark.parametrize("axis", ["lr", "ap"])
def test_patients_without_an_axis_count_on_the_others(capsys, tmp_path, axis):
    place = {"lr": 2, "ap": 4}[axis]
    rows = [row.split(",") for row in lines()]
    for row in rows[:6]:
        row[place] = ""
    path = write(tmp_path / "a.csv", HEAD, [",".join(row) for row in rows])
    found = {row["axis"]: row for row in answer(capsys, "errors", path)[1]["rows"]}
    assert (found[axis]["n_patients"], found[axis]["n_fractions"]) == (4, 12)
    assert (found["si"]["n_patients"], found["si"]["n_fractions"]) == (6, 18)


def test_check_accounts_for_every_row(capsys, tmp_path):
    path = write(tmp_path / "a.csv", HEAD, [*lines(), "", "009,1,x,1,1"])
    code, out, _ = run(capsys, "check", path, "--max-set-aside", "0.2")
    assert code == 0
    assert "19 rows read: 18 used, 1 set aside" in out
    rows = answer(capsys, "check", path, "--max-set-aside", "0.2")[1]["rows"]
    assert [(row["row"], row["severity"]) for row in rows] == [(None, "info"), (21, "warn")]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_lists_the_options_and_an_example_that_can_be_run(capsys, name):
    from popmargin.cli.main import _parser

    code, out, _ = run(capsys, name, "--help")
    text = " ".join(out.split())
    example = COMMANDS[name].example
    assert code == 0
    assert "--json" in text
    assert f"Example: {example}" in text
    line = example.split()[1:]
    assert _parser(line).parse_args(line).command == name
