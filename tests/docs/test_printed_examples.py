"""What the documentation prints works as printed: commands, lines of configs, Python."""

import re
import shlex
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml

from popmargin.cli.main import COMMANDS, main
from popmargin.cohorts.catalogue import synthetic_table
from popmargin.cohorts.exports.dicom_objects import save
from popmargin.cohorts.exports.dicom_treatment import structure_set
from popmargin.cohorts.exports.write import write_export_folder
from popmargin.pipeline.config import load_study

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]
_FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)

_COMMAND = r"^(?: {3,}(?:\.venv/bin/)?|\.venv/bin/)(popmargin [a-z].*)$"


def blocks(page, language):
    """Fenced blocks of a language, without their indent."""
    for indent, stated, text in _FENCED.findall(page.read_text(encoding="utf-8")):
        if stated == language:
            yield "\n".join(line.removeprefix(indent) for line in text.splitlines())


def printed_commands():
    """Every popmargin command that stands on lines of its own, continuations joined."""
    found = [("popmargin --help", entry.example) for entry in COMMANDS.values()]
    for page in PAGES:
        text = re.sub(r"\\\n\s*", "", page.read_text(encoding="utf-8"))
        for line in re.findall(_COMMAND, text, re.MULTILINE):
            found.append((page.relative_to(ROOT).as_posix(), line))
    return found


def printed_configs():
    return [
        pytest.param(text, id=f"{page.relative_to(ROOT).as_posix()}-{number}")
        for page in PAGES
        for number, text in enumerate(blocks(page, "yaml"), 1)
    ]


# The workflow's own tests run whole studies and verify them.
_WHOLE_STUDIES = (
    "popmargin run mystudy.yaml",
    "popmargin verify results/example",
    "popmargin burden study.yaml",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The files that the printed commands name, synthetic."""
    here = tmp_path_factory.mktemp("printed")
    rng = np.random.default_rng(1)
    shifts = synthetic_table("shifts", "prostate", rng=rng).with_columns(
        site=pl.lit("prostate"),
        quantity=pl.lit("setup_error"),
        timing=pl.lit("before_correction"),
        surrogate=pl.lit("marker"),
        immobilisation=pl.when(pl.col("patient_id").str.tail(1).is_in(list("02468")))
        .then(pl.lit("mask"))
        .otherwise(pl.lit("no mask")),
    )
    shifts.write_csv(here / "shifts.csv")
    synthetic_table("anatomy", "head_and_neck_anatomy", rng=rng).write_csv(here / "anatomy.csv")
    traces = synthetic_table("traces", "lung_breathing", rng=rng)
    traces.filter(pl.col("patient_id").str.ends_with("1")).write_csv(here / "traces.csv")
    (here / "amplitudes.csv").write_text(
        "patient_id,fraction,structure,quantity,value,unit\na,0,GTV,amplitude_si,12,mm\n"
    )
    pl.DataFrame(
        {"patient_id": ["a"] * 3, "structure": ["rectum"] * 3, "dose_gy": [0.0, 40.0, 70.0],
         "volume_fraction": [1.0, 0.5, 0.0]}
    ).write_csv(here / "dvh.csv")  # fmt: skip
    (here / "outcomes.csv").write_text("patient_id,endpoint,grade,event,time_months,time_origin\n")
    write_export_folder(shifts, here / "export", "offline_review")
    images = synthetic_table("shifts", "prostate_intrafraction", rng=rng)
    images.write_csv(here / "images.csv")
    amplitudes(rng).write_csv(here / "amplitudes.csv")
    ring = [(20 * np.cos(t), 20 * np.sin(t)) for t in np.linspace(0, 2 * np.pi, 60)[:-1]]
    rings = [[(x, y, float(z)) for x, y in ring] for z in range(-15, 18, 3)]
    save(structure_set("synthetic-1", datetime(2026, 1, 5), {"CTV": rings}), here / "rs.dcm")
    for name in "abc":
        packet = ["summarise", "shifts.csv", "--centre", name.upper(), "-o", f"{name}.json"]
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(here)
            assert main(packet) == 0
    return here


def amplitudes(rng):
    """Breathing of twelve patients as a 4D-CT tells it."""
    return pl.DataFrame(
        [
            {
                "patient_id": f"synthetic-{patient}",
                "fraction": 0,
                "structure": "GTV",
                "quantity": f"amplitude_{axis}",
                "value": round(float(rng.uniform(2, 20)), 1),
                "unit": "mm",
            }
            for patient in range(12)
            for axis in ("lr", "si", "ap")
        ]
    )


def completed(printed):
    """A study that holds the printed lines: what they leave out is the smallest there is."""
    stated = yaml.safe_load(printed)
    least = {
        "study": "printed",
        "sources": [
            {
                "label": "clinic",
                "path": "shifts.csv",
                "quantity": "setup_error",
                "timing": "before_correction",
            }
        ],
    }
    return yaml.safe_dump({**least, **stated})


def test_the_pages_print_commands_and_configs():
    assert len(printed_commands()) > len(COMMANDS)
    assert len(printed_configs()) > 3
    assert {line for _, line in printed_commands()} >= set(_WHOLE_STUDIES)


@pytest.mark.parametrize(
    ("page", "line"), [found for found in printed_commands() if found[1] not in _WHOLE_STUDIES]
)
def test_commands_run_as_printed(page, line, folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    try:
        code = main(shlex.split(line, comments=True)[1:])
    except SystemExit as ended:  # as --help does
        code = ended.code
    said = capsys.readouterr()
    assert code == 0, f"{page}: {line}\n{said.out}{said.err}"


@pytest.mark.parametrize("printed", printed_configs())
def test_configs_are_accepted_as_printed(printed, folder):
    file = folder / "printed.yaml"
    file.write_text(completed(printed), encoding="utf-8")
    load_study(file)


def test_python_runs_as_printed(folder, monkeypatch):
    monkeypatch.chdir(folder)
    for page in PAGES:
        for printed in blocks(page, "python"):
            exec(compile(printed, page.name, "exec"), {})  # noqa: S102
