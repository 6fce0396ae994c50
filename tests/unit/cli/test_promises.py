"""The command keeps the promises of its interface: keys, exit codes, one JSON object, no NaN."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from popmargin.cli.main import main

COMMON = {"schema_version", "command", "assumptions", "flags", "rows"}
FLAG = {"code", "severity", "message", "file", "row", "column", "patients", "effect_mm"}
ERRORS = {
    "axis",
    "n_patients",
    "n_fractions",
    "estimator",
    *(
        f"{name}{part}_mm"
        for name in ("group_mean", "systematic_sd", "random_sd")
        for part in ("", "_low", "_high")
    ),
    "systematic_sd_upper_mm",
    "random_sd_upper_mm",
    "systematic_variance_untruncated_mm2",
}
MARGIN = ERRORS | {
    "recipe",
    "margin_mm",
    "margin_low_mm",
    "margin_high_mm",
    "margin_upper_mm",
    "covers",
}


def rows(patients=8, fractions=6, seed=3):
    rng = random.Random(seed)
    lines = []
    for p in range(patients):
        shift = [rng.gauss(0, 2) for _ in range(3)]
        for f in range(1, fractions + 1):
            position = ",".join(f"{s + rng.gauss(0, 2):.1f}" for s in shift)
            lines.append(f"{p:03d},{f},{position},{'lung' if p % 2 else 'prostate'}")
    return lines


@pytest.fixture
def table(tmp_path):
    return write(tmp_path / "my shifts.csv", rows())


def write(path, lines):
    path.write_text("patient_id,fraction,lr_mm,si_mm,ap_mm,site\n" + "\n".join(lines) + "\n")
    return str(path)


def run(capsys, *arguments):
    """Exit code, parsed JSON or None, text on stderr."""
    try:
        code = main([*map(str, arguments), "--json"])
    except SystemExit as stop:
        code = stop.code
    out, err = capsys.readouterr()
    # Nothing but one object stands on stdout, and NaN is no JSON.
    found = json.loads(out, parse_constant=lambda name: pytest.fail(name)) if out else None
    return code, found, err


def test_errors_have_the_promised_keys(capsys, table):
    code, found, err = run(capsys, "errors", table, "--by", "site")
    assert (code, err) == (0, "")
    assert set(found) == COMMON
    assert (found["schema_version"], found["command"]) == ("1", "errors")
    assert len(found["rows"]) == 6
    assert all(set(row) >= ERRORS | {"site"} for row in found["rows"])


def test_margins_have_the_promised_keys_and_say_what_they_cover(capsys, table):
    code, found, _ = run(capsys, "margin", table, "--recipe", "van_herk", "stroom")
    assert code == 0
    assert [row["recipe"] for row in found["rows"]] == ["van_herk", "stroom"] * 3
    assert all(set(row) >= MARGIN for row in found["rows"])
    assert {row["covers"] for row in found["rows"]} == {"set-up error before correction only"}
    assert "PTV" not in json.dumps(found)
    assert all(set(flag) == FLAG for flag in found["flags"])
    assert "sites_pooled" in [flag["code"] for flag in found["flags"]]


def test_margins_of_given_errors(capsys):
    code, found, _ = run(
        capsys, "margin", "--systematic", "3", "--random", "3", "--recipe", "van_herk_linear"
    )
    assert code == 0
    assert found["rows"][0]["margin_mm"] == pytest.approx(9.6)
    _, found, _ = run(
        capsys, "margin", "--systematic", "1,2,3", "--random", "3", "--recipe", "stroom"
    )
    assert [row["margin_mm"] for row in found["rows"]] == pytest.approx([4.1, 6.1, 8.1])
    assert [row["axis"] for row in found["rows"]] == ["lr", "si", "ap"]


def test_the_exact_and_the_published_coefficients_differ(capsys):
    _, exact, _ = run(
        capsys, "margin", "--systematic", "3", "--random", "3", "--recipe", "van_herk"
    )
    assert exact["rows"][0]["margin_mm"] == pytest.approx(9.452193, abs=1e-6)


WRONG = [
    ["errors", "TABLE", "--random", "rms"],
    ["errors", "TABLE", "--estimator", "reml", "--random", "mean"],
    ["errors", "TABLE", "--level", "2"],
    ["errors", "TABLE", "--relative-to-planning"],
    ["errors", "TABLE", "--seed", "-1"],
    ["errors", "TABLE", "--lev", "0.9"],
    ["errors"],
    ["nonsense"],
    [],
    ["margin"],
    ["margin", "TABLE", "--recipe", "vanherk"],
    ["margin", "TABLE", "--recipe", "stroom", "--penumbra", "3.2"],
    ["margin", "TABLE", "--random", "3"],
    ["margin", "TABLE", "--fractions", "0"],
    ["margin", "TABLE", "--dose-level", "1.5"],
    ["margin", "--systematic", "3"],
    ["margin", "--systematic", "-1", "--random", "3"],
    ["margin", "--systematic", "nan", "--random", "3"],
    ["margin", "--systematic", "1,2", "--random", "3"],
    ["margin", "TABLE", "--systematic", "3", "--random", "3"],
    ["coverage", "--systematic", "1", "--random", "1", "--margin", "5", "--ctv-radius", "0"],
    ["coverage", "--systematic", "1", "--random", "1", "--target", "1", "--ctv-radius", "30"],
    ["replay", "TABLE", "--protocol", "nal:image=3"],
    ["replay", "TABLE", "--protocol", "daily:residual_mm=1,residual_sd_mm=1"],
    ["plan", "precision", "--systematic", "2"],
    ["plan", "proportions", "--control", "1.2", "--experimental", "0.2"],
]


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_wrong_usage_exits_2_with_a_message_and_no_output(capsys, table, arguments):
    code, found, err = run(capsys, *(table if a == "TABLE" else a for a in arguments))
    assert (code, found) == (2, None)
    assert err.startswith("popmargin")
    assert "Traceback" not in err


def test_a_refused_table_exits_1_and_names_the_place(capsys, tmp_path):
    path = write(tmp_path / "bad.csv", ['a,1,"1,5",1,1,lung'])
    code, found, err = run(capsys, "errors", path)
    assert (code, found) == (1, None)
    for words in ("bad.csv, row 2, column lr_mm", "expected", "found", "decimal"):
        assert words in err
    code, _, err = run(capsys, "errors", tmp_path / "absent.csv")
    assert code == 1
    assert "absent.csv" in err


def test_a_bad_row_is_set_aside_with_a_flag_of_its_own(capsys, tmp_path):
    path = write(tmp_path / "one.csv", [*rows(), "009,1,oops,1,1,lung"])
    code, found, _ = run(capsys, "errors", path)
    flag = next(flag for flag in found["flags"] if flag["code"] == "row_set_aside")
    assert (code, flag["file"], flag["row"], flag["column"]) == (0, "one.csv", 50, "lr_mm")
    _, checked, _ = run(capsys, "check", path)
    assert set(checked["rows"][0]) == {"row", "column", "severity", "message"}
    assert (checked["rows"][0]["row"], checked["rows"][0]["column"]) == (50, "lr_mm")


def test_a_group_that_is_not_estimable_is_null_with_its_reason(capsys, tmp_path):
    path = write(tmp_path / "a.csv", [*rows(), "x,1,1,1,1,brain", "x,2,2,2,2,brain"])
    code, found, _ = run(capsys, "margin", path, "--by", "site")
    brain = [row for row in found["rows"] if row["site"] == "brain"]
    assert code == 0
    assert all(row["margin_mm"] is None and row["reason"] for row in brain)
    assert "not_estimable" in [flag["code"] for flag in found["flags"]]


def test_anatomy_rows_carry_their_unit_in_a_column(capsys, tmp_path):
    path = tmp_path / "anatomy.csv"
    lines = ["patient_id,fraction,structure,quantity,value,unit"]
    lines += [f"{p},{f},parotid,volume,{30 + p - 0.5 * f},cc" for p in range(4) for f in range(4)]
    path.write_text("\n".join(lines) + "\n")
    _, found, _ = run(capsys, "errors", path, "--contract", "anatomy", "--relative-to-planning")
    row = found["rows"][0]
    assert (row["unit"], row["n_fractions"], row["group_mean"]) == ("cc", 12, -1.0)
    assert {"systematic_sd", "random_sd", "systematic_sd_low"} <= set(row)


def test_recipes_and_literature(capsys):
    _, recipes, _ = run(capsys, "recipes")
    assert all(set(row) >= {"name", "formula", "source", "conditions"} for row in recipes["rows"])
    _, found, _ = run(capsys, "literature", "--site", "prostate")
    names = {"paper", "axis", "margin_stated_mm", "margin_recomputed_mm", "reproduces"}
    assert all(set(row) >= names for row in found["rows"])
    assert run(capsys, "literature", "--site", "elbow")[0] == 1


def test_the_row_order_changes_no_bit(capsys, tmp_path):
    lines = rows(patients=30)
    first = run(capsys, "margin", write(tmp_path / "a.csv", lines), "--by", "site")[1]["rows"]
    random.Random(1).shuffle(lines)
    assert (
        run(capsys, "margin", write(tmp_path / "b.csv", lines), "--by", "site")[1]["rows"] == first
    )


@pytest.mark.parametrize("changed", [{"POLARS_MAX_THREADS": "1"}, {"PYTHONHASHSEED": "7"}])
def test_threads_and_hash_seeds_change_no_byte(table, changed):
    command = [
        sys.executable,
        "-m",
        "popmargin.cli.main",
        "margin",
        table,
        "--by",
        "site",
        "--json",
    ]
    outputs = {
        subprocess.run(command, env=os.environ | env, capture_output=True, check=True).stdout
        for env in ({"POLARS_MAX_THREADS": "4", "PYTHONHASHSEED": "0"}, changed)
    }
    assert len(outputs) == 1


def test_a_margin_from_a_table_loads_no_heavy_library(table):
    program = (
        "import sys; from popmargin.cli.main import main; main(['margin', sys.argv[1], '--json']);"
        "heavy = {'scipy.stats', 'pandas', 'matplotlib', 'sklearn', 'statsmodels', 'numba'};"
        "sys.exit(' '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program, table], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_table_for_people_escapes_what_could_drive_a_terminal(capsys, tmp_path):
    path = write(tmp_path / "a.csv", [row.replace("lung", "\x1b[2Jlung") for row in rows()])
    assert main(["errors", path, "--by", "site"]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_the_examples_of_the_interface_come_out(capsys):
    plans = {
        "proportions --control 0.434 --experimental 0.244 --power 0.8 --alpha 0.05": 97,
        "noninferiority --control 0.8 --margin 0.1 --power 0.9 --alpha 0.025": 337,
        "cluster --patients-per-arm 100 --cluster-size 20 --icc 0.02": 138,
    }
    for line, patients in plans.items():
        assert run(capsys, "plan", *line.split())[1]["rows"][0]["patients_per_arm"] == patients
    survival = "survival --hazard-ratio 0.71 --power 0.8 --alpha 0.05"
    assert run(capsys, "plan", *survival.split())[1]["rows"][0]["events"] == 268
    ball = "--systematic 1 --random 3 --margin 4.6 --ctv-radius"
    found = run(capsys, "coverage", *ball.split(), "10")[1]["rows"][0]
    assert found["coverage"] == pytest.approx(0.745, abs=5e-4)
    assert set(found) >= {"coverage", "coverage_standard_error", "method", "margin_mm"}


def test_verify_names_what_was_changed(capsys, tmp_path):
    code, _, err = run(capsys, "verify", tmp_path)
    assert code == 1
    assert err
    assert not (Path(tmp_path) / "provenance.json").exists()
