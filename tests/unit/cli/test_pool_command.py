"""`summarise` and `pool`: the same numbers as `errors` and `margin` on all rows together."""

import json

import polars as pl
import pytest

from popmargin.cli.main import main
from tests.unit.errors.cohort_of_centres import shifts


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    here = tmp_path_factory.mktemp("centres")
    frames = {name: shifts(name, 14, seed=k) for k, name in enumerate("ABC")}
    for name, frame in frames.items():
        frame.write_csv(here / f"{name}.csv")
        assert main(["summarise", str(here / f"{name}.csv"), "-o", str(here / f"{name}.json")]) == 0
    pl.concat(frames.values()).write_csv(here / "all.csv")
    return here


def answer(capsys, *arguments):
    capsys.readouterr()
    code = main([*map(str, arguments), "--json"])
    return code, json.loads(capsys.readouterr().out)


def packets(folder):
    return [folder / f"{name}.json" for name in "ABC"]


def test_pool_gives_the_margins_of_all_rows(folder, capsys):
    _, whole = answer(capsys, "margin", folder / "all.csv", "--fractions", 20)
    code, pooled = answer(capsys, "pool", *packets(folder), "--fractions", 20)
    assert code == 0
    margins = [row for row in pooled["rows"] if row.pop("part") == "margin"]
    assert len(margins) == 3
    for row, true in zip(margins, whole["rows"], strict=True):
        assert row.keys() == true.keys()
        for name, value in true.items():
            expected = pytest.approx(value, rel=1e-12) if isinstance(value, float) else value
            assert row[name] == expected, name
    levels = [row for row in pooled["rows"] if "centre_sd_mm" in row]
    assert [row["axis"] for row in levels] == ["lr", "si", "ap"]
    assert {row["n_centres"] for row in levels} == {3}


def test_every_centre_has_its_place_its_verdict_and_a_funnel(folder, capsys, tmp_path):
    funnel = tmp_path / "funnel.svg"
    code, said = answer(
        capsys, "pool", *packets(folder), "--centres", "--funnel", funnel, "--margin", "30,30,1"
    )
    assert code == 0
    assert funnel.read_bytes().startswith(b"<?xml")
    places = [row for row in said["rows"] if row["part"] == "centre"]
    assert len(places) == 27
    verdicts = {(r["centre"], r["axis"]): r for r in said["rows"] if r["part"] == "verdict"}
    assert len(verdicts) == 9
    for (_, axis), row in verdicts.items():
        mean_is_off = row["verdict"] == "correct the group mean first"
        assert mean_is_off or row["verdict"] == ("too small" if axis == "ap" else "enough")
    _, one = answer(capsys, "pool", *packets(folder), "--margin", "8", "--for", "B")
    assert {r["centre"] for r in one["rows"] if r["part"] == "verdict"} == {"B"}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--for", "B"], 2, "--for belongs to --margin"),
        (["--margin", "5", "--for", "Z"], 2, "there are A, B, C"),
        (["--margin", "x"], 2, "one number or lr,si,ap"),
        (["--margin", "-1"], 2, "margin_mm"),
        (["--funnel", "f.exe"], 2, "an ending of svg"),
    ],
)
def test_wrong_usage_is_named(folder, capsys, arguments, code, words):
    assert main(["pool", *map(str, packets(folder)), *arguments]) == code
    assert words in capsys.readouterr().err


def test_one_packet_has_no_funnel_and_twice_the_same_is_refused(folder, capsys):
    one = str(folder / "A.json")
    assert main(["pool", one, "--funnel", "f.svg"]) == 2
    assert main(["pool", one, one]) == 1
    assert "one packet per centre" in capsys.readouterr().err


def test_a_difference_to_what_was_sent_is_refused_and_the_packet_kept(folder, capsys, tmp_path):
    sent = (folder / "A.json").read_bytes()
    more = tmp_path / "more.csv"
    shifts("A", 15, seed=0).write_csv(more)
    assert main(["summarise", str(more), "-o", str(folder / "A.json")]) == 1
    assert "leaves 1 patients, fewer than 5" in capsys.readouterr().err
    assert (folder / "A.json").read_bytes() == sent
    new = str(tmp_path / "new.json")
    assert main(["summarise", str(more), "-o", new, "--earlier", str(folder / "A.json")]) == 1
    assert main(["summarise", str(folder / "A.csv"), "-o", new]) == 0


def test_a_table_of_several_centres_or_none_needs_its_label(folder, capsys, tmp_path):
    out = str(tmp_path / "p.json")
    assert main(["summarise", str(folder / "all.csv"), "-o", out]) == 1
    assert "one packet per centre" in capsys.readouterr().err
    pl.read_csv(folder / "A.csv").drop("centre").write_csv(tmp_path / "bare.csv")
    assert main(["summarise", str(tmp_path / "bare.csv"), "-o", out]) == 1
    assert "--centre NAME" in capsys.readouterr().err
    assert main(["summarise", str(tmp_path / "bare.csv"), "-o", out, "--centre", "A"]) == 0
