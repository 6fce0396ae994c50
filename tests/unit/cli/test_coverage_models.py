"""``popmargin coverage`` of logged patients, of patients who differ, and of a contoured CTV."""

import json
from datetime import datetime

import numpy as np
import pytest

from popmargin.cli.main import main
from tests.writers import dicom_objects as dicom

ROUND = ("coverage", "--systematic", "3", "--random", "2", "--fractions", "10")


@pytest.fixture
def run(tmp_path, capsys):
    rng = np.random.default_rng(4)
    lines = ["patient_id,fraction,site,lr_mm,si_mm,ap_mm"]
    for patient in range(30):
        mean = rng.normal(0.0, 2.0, 3)
        for fraction in range(1, 6):
            shift = ",".join(f"{x:.2f}" for x in mean + rng.normal(0.0, 1.0, 3))
            lines.append(f"p{patient},{fraction},{'ab'[patient % 2]},{shift}")
    (tmp_path / "shifts.csv").write_text("\n".join(lines))
    turn = np.linspace(0.0, 2.0 * np.pi, 90, endpoint=False)
    # A ball of 25 mm on slices of 2 mm, away from the origin.
    slices = [
        [(r * np.cos(t) + 40.0, r * np.sin(t) - 9.0, z + 100.0) for t in turn]
        for z in np.arange(-24.0, 25.0, 2.0)
        for r in [np.sqrt(625.0 - z**2)]
    ]
    dicom.save(dicom.structure_set("p", datetime(2024, 1, 1), {"CTV": slices}), tmp_path / "rs.dcm")

    def call(*arguments):
        named = [str(tmp_path / a) if a.endswith((".csv", ".dcm")) else a for a in arguments]
        code = main([*named, "--json"])
        said = capsys.readouterr()
        return (code, json.loads(said.out)["rows"]) if code == 0 else (code, said.err)

    return call


def test_logged_patients_answer_with_an_interval(run):
    _, (row,) = run("coverage", "shifts.csv", "--margin", "6", "--ctv-radius", "30")
    assert row["method"] == "logged_patients"
    assert row["n_patients"] == 30
    assert row["coverage_low"] < row["coverage"] < row["coverage_high"]
    assert row["coverage"] * 30 == pytest.approx(round(row["coverage"] * 30))


def test_resampled_logs_come_near_the_normal_errors_they_were_drawn_from(run):
    long = ("--margin", "6", "--ctv-radius", "30", "--fractions", "20")
    _, (row,) = run("coverage", "shifts.csv", *long)
    # Means of five fractions: sqrt(4 + 1 / 5) between patients; 30 patients give 0.09 of coverage.
    _, (normal,) = run("coverage", "--systematic", "2.05", "--random", "1", *long)
    assert row["method"] == "resampled_logs"
    assert row["coverage"] == pytest.approx(normal["coverage"], abs=0.18)


def test_the_margin_of_the_logged_patients_by_group(run):
    _, rows = run("coverage", "shifts.csv", "--target", "0.8", "--ctv-radius", "30", "--by", "site")
    assert [row["group"] for row in rows] == ["a", "b"]
    assert all(row["margin_low_mm"] < row["margin_mm"] for row in rows)


def test_a_contoured_ball_is_the_ball(run):
    _, (ball,) = run(*ROUND, "--margin", "8", "--ctv-radius", "25")
    contoured = ("--surface", "rs.dcm", "--structure", " ctv ")
    _, (row,) = run(*ROUND, "--margin", "8", *contoured)
    # The contours add half a slice at both ends, which costs a little coverage.
    assert row["coverage"] == pytest.approx(ball["coverage"], abs=0.03)
    _, (solved,) = run(*ROUND, "--target", "0.9", *contoured)
    _, (same,) = run(*ROUND, "--target", "0.9", "--ctv-radius", "25")
    assert solved["margin_mm"] == pytest.approx(same["margin_mm"], abs=0.3)


def test_patients_who_differ_are_simulated(run):
    _, (row,) = run(*ROUND, "--margin", "8", "--ctv-radius", "25", "--random-shape", "2.5")
    _, (alike,) = run(*ROUND, "--margin", "8", "--ctv-radius", "25")
    assert row["coverage"] != alike["coverage"]
    assert row["coverage"] == pytest.approx(alike["coverage"], abs=0.05)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("coverage", "--margin", "6", "--ctv-radius", "9"), 2, "needs a SHIFTS table"),
        ((*ROUND, "--margin", "6"), 2, "--ctv-radius, or --surface"),
        ((*ROUND, "--margin", "6", "--surface", "rs.dcm"), 2, "go together"),
        (
            (*ROUND, "--margin", "6", "--surface", "rs.dcm", "--structure", "GTV"),
            1,
            "found 0",
        ),
        (("coverage", "shifts.csv", "--systematic", "1", "--margin", "6", "--ctv-radius", "9"), 2,
         "not both"),
        (("coverage", "shifts.csv", "--breathing", "9", "--margin", "6", "--ctv-radius", "9"), 2,
         "error budget"),
        ((*ROUND, "--margin", "6", "--ctv-radius", "9", "--random-shape", "1"), 2, "> 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_refused(run, arguments, code, words):
    found = run(*arguments)
    assert found[0] == code
    assert words in found[1]
