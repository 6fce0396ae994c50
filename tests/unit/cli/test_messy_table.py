"""A clinic's own messy table of couch shifts, known truth: asked, answered, read, estimated."""

import re

import numpy as np
import pytest

import popmargin
from popmargin.cli.main import main
from popmargin.pipeline.config import load_study
from popmargin.pipeline.reading import read_declared

MEAN = np.array([1.0, -1.5, 2.0])
HEAD = ["MRN", "Fx", "Date", "Lat (cm)", "Lng (cm)", "Vrt (cm)", "Machine", "Comment"]
ANSWERS = {
    "timing": "before_correction",
    "quantity": "couch_shift",
    "lr_mm": "1",
    "si_mm": "1",
    "ap_mm": "-1",  # this couch counts its height downwards
}


def messy_rows():
    """25 patients whose errors are known, and four broken rows, as a clinic would export them."""
    rng = np.random.default_rng(10)
    rows, errors = [], {}
    for patient in range(25):
        mrn, own = f"{patient + 57:07d}", MEAN + rng.normal(0.0, 2.5, 3)
        for fraction in range(1, int(rng.integers(11, 39))):
            error = own + rng.normal(0.0, 2.0, 3)
            couch = -error * (1, 1, -1) / 10
            day = "2024-03-04" if fraction % 9 else "05.03.2024"
            cells = [f"{value:.4f}" for value in couch]
            rows.append([mrn, str(fraction), day, *cells, "TB1", ""])
            errors.setdefault(mrn, []).append(error)
    rows[17][3], rows[80][5], rows[300][3] = "n/a", "0.3 (manual)", "85.0"
    rows.insert(201, list(rows[200]))
    return rows, np.array([np.mean(values, axis=0) for values in errors.values()])


@pytest.mark.parametrize(
    ("separator", "decimal", "title"),
    [(",", ".", ""), (";", ",", ""), (",", ".", "Shifts of clinic X, printed today\n\n")],
)
def test_the_errors_behind_a_messy_table_come_back_with_their_sign(
    tmp_path, monkeypatch, separator, decimal, title
):
    monkeypatch.chdir(tmp_path)
    rows, means = messy_rows()
    (tmp_path / "my data").mkdir()
    for row in rows:
        row[3:6] = [cell.replace(".", decimal) for cell in row[3:6]]
    lines = [separator.join(line) for line in [HEAD, *rows]]
    (tmp_path / "my data" / "prostate export.csv").write_text(title + "\n".join(lines) + "\n")
    assert main(["init", "my data/prostate export.csv", "-o", "prostate.yaml"]) == 0
    config = tmp_path / "prostate.yaml"
    text = config.read_text()
    for key, answer in ANSWERS.items():
        text, answered = re.subn(rf"^( *{key}:) ASK", rf"\1 {answer}", text, flags=re.M)
        assert answered == 1, key
    config.write_text(text)
    assert main(["check", "prostate.yaml"]) == 0

    (source,) = load_study(config).sources
    table = read_declared(source.path, source.declared)
    assert table.rows_read == len(rows)
    above = title.count("\n")
    aside = [flag for flag in table.flags if flag.severity == "warn"]
    assert [(flag.row, flag.column) for flag in aside] == [
        (above + 19, "lr_mm"),
        (above + 82, "ap_mm"),
        (above + 303, "lr_mm"),
    ]
    shifts = table.complete()
    assert shifts["patient_id"][0] == "0000057"
    errors = popmargin.estimate_population_errors(shifts).to_dicts()
    found = {row["axis"]: row for row in errors}
    for axis, mean in zip(("lr", "si", "ap"), means.mean(axis=0), strict=True):
        # Three rows of some 600 are missing or twice.
        assert found[axis]["group_mean_mm"] == pytest.approx(mean, abs=0.05)
        assert found[axis]["systematic_sd_low_mm"] < 2.5 < found[axis]["systematic_sd_high_mm"]
