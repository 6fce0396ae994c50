"""``popmargin dose``: predictions, fits, and what it refuses."""

import json

import numpy as np
import pytest

from popmargin.cli.main import main
from popmargin.outcomes.complication import lkb_probability


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Sixty patients with uniform doses, and events whose risk rises with them."""
    folder, rng = tmp_path_factory.mktemp("dose"), np.random.default_rng(2)
    dvh = ["patient_id,structure,dose_gy,volume_fraction"]
    outcomes = ["patient_id,endpoint,grade,event,time_months,time_origin"]
    for number in range(60):
        dose = rng.uniform(40, 90)
        event = int(rng.random() < lkb_probability(dose, td50_gy=68, m=0.15))
        dvh.append(f"00{number},rectum,{dose:.3f},1")
        outcomes.append(f"00{number},bleeding,{2 if event else ''},{event},24,end")
    for name, lines in (("dvh", dvh), ("outcomes", outcomes)):
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return folder


def answer(capsys, *arguments):
    code = main(["dose", *map(str, arguments), "--json"])
    captured = capsys.readouterr()
    return code, json.loads(captured.out) if captured.out else None, captured.err


def test_prediction_and_fit_in_one_row(tables, capsys):
    code, found, _ = answer(
        capsys, tables / "dvh.csv", "--kind", "differential", "--structure", "rectum", "--set",
        "rectum_quantec", "--outcomes", tables / "outcomes.csv", "--endpoint", "bleeding",
    )  # fmt: skip
    row = found["rows"][0]
    assert code == 0
    assert row["ntcp_low"] < row["ntcp"] < row["ntcp_high"]
    assert row["td50_low_gy"] < 68 < row["td50_high_gy"]
    assert row["n_low"] is None  # uniform doses tell nothing of n
    assert "parameter set: seen" in found["assumptions"]


def test_the_table_for_people(tables, capsys):
    line = ["dose", str(tables / "dvh.csv"), "--kind", "differential", "--structure", "rectum"]
    assert main(line) == 0
    assert "mean_dose_gy" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (["--kind", "cumulative"], 1, "a cumulative histogram"),
        (["--kind", "differential", "--set", "rectum_mixed"], 1, "one source"),
        (["--kind", "differential", "--set", "rectum"], 2, "no parameter set"),
        (["--kind", "differential", "--endpoint", "bleeding"], 2, "go together"),
    ],
)
def test_what_it_refuses(tables, capsys, change, code, words):
    found = answer(capsys, tables / "dvh.csv", "--structure", "rectum", *change)
    assert found[0] == code
    assert words in found[2]
