"""``popmargin replay``: minutes, filling limits, and the expectation beside each row."""

import json
import random

import pytest

from popmargin.cli.main import main


@pytest.fixture
def tables(tmp_path):
    shifts, anatomy = ["patient_id,fraction,lr_mm,si_mm,ap_mm"], ["patient_id,fraction,structure,quantity,value,unit"]  # fmt: skip  # noqa: E501
    # Positions that repeat to the digit would be taken for new references within the course.
    noise = random.Random(4)
    for p in range(6):
        for j in range(1, 9):
            full = (p + j) % 4 == 0
            lr, si, ap = (
                round(mean + noise.gauss(0, 1.5), 1) for mean in (p - 3, p % 3, 6 if full else 0)
            )
            shifts.append(f"p{p},{j},{lr},{si},{ap}")
            anatomy.append(f"p{p},{j},rectum,diameter,{45 if full else 30},mm")
    for name, lines in (("shifts", shifts), ("anatomy", anatomy)):
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return [str(tmp_path / f"{name}.csv") for name in ("shifts", "anatomy")]


def rows(capsys, *arguments):
    assert main(["replay", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)["rows"]


def test_minutes_need_both_statements(tables, capsys):
    shifts = tables[0]
    stated = ("--minutes-per-image", "4", "--minutes-per-correction", "1")
    found = rows(capsys, shifts, "--protocol", "nal:images=3", *stated)
    assert {row["minutes_per_patient"] for row in found} == {13.0}
    found = rows(capsys, shifts, "--protocol", "nal:images=3", *stated[:2])
    assert {row["minutes_per_patient"] for row in found} == {None}
    assert all(row["expectation"] == "exact" for row in found)
    assert all(row["expected_margin_mm"] is not None for row in found)


def test_postponement_reads_the_filling_of_the_anatomy_table(tables, capsys):
    shifts, anatomy = tables
    named = ("--anatomy", anatomy, "--filling", "rectum,diameter")
    found = rows(capsys, shifts, "--protocol", "postponement:limit=40", *named)
    assert {row["postponed_per_patient"] for row in found} == {2.0}
    assert {row["images_per_patient"] for row in found} == {10.0}
    assert found[0]["n_fractions"] == 6 * 6


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (("--filling", "rectum,diameter"), "give both or neither"),
        (("--anatomy", "{anatomy}", "--filling", "rectum"), "expected structure,quantity"),
    ],
)
def test_half_a_filling_is_wrong_usage(tables, capsys, extra, message):
    arguments = [text.format(anatomy=tables[1]) for text in extra]
    assert main(["replay", tables[0], "--protocol", "nal", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_protocol_in_use_whose_corrections_are_not_logged_is_refused(tables, capsys):
    asked = ["replay", tables[0], "--protocol", "enal", "--in-use"]
    assert main([*asked, "nal:images=3"]) == 1
    assert "carried_lr_mm" in capsys.readouterr().err
    assert main([*asked, "daily"]) == 0


def test_a_target_gives_the_coverage_of_the_protocols_margin_and_of_the_one_in_use(tables, capsys):
    asked = ("--protocol", "no_imaging", "--ctv-radius", "30", "--fractions", "8")
    found = rows(capsys, tables[0], *asked, "--present-margin", "2,3,4")
    for row in found:
        assert 0 <= row["coverage_low"] <= row["coverage"] <= row["coverage_high"] <= 1
        assert 0 <= row["present_coverage"] < row["coverage"]
        assert 0 <= row["logged_coverage"] <= 1
    assert rows(capsys, tables[0], *asked)[0]["present_coverage"] is None
    assert main(["replay", tables[0], *asked[:2], "--present-margin", "7"]) == 2
    assert "--ctv-radius" in capsys.readouterr().err
    assert main(["replay", tables[0], *asked[:2], "--ctv-radius", "-1"]) == 2
    assert "ctv_radius_mm" in capsys.readouterr().err
