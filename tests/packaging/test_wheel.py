"""The built wheel alone, away from the checkout: commands, data, workflow."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STUDY = "study: tiny\nsources:\n  - label: a\n    synthetic: {cohort: brain}\n"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel unpacked as an installer would, beside the dependencies of this environment."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder / "installed")
    return folder / "installed"


@pytest.fixture
def run(wheel, tmp_path):
    """Runs Python in an empty folder with the wheel's library before the checkout's."""

    def python(*arguments):
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(wheel)},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    return python


def test_commands_find_their_data(run, wheel):
    found = run("-c", "import popmargin; print(popmargin.__file__)")
    assert Path(found.stdout.strip()).is_relative_to(wheel)
    for command in (["--help"], ["recipes", "--json"], ["literature", "--site", "prostate"]):
        answer = run("-m", "popmargin.cli.main", *command)
        assert answer.returncode == 0, answer.stderr
        assert answer.stdout


def test_the_workflow_runs_from_it(run, wheel, tmp_path):
    (tmp_path / "study.yaml").write_text(STUDY)
    planned = run("-m", "popmargin.cli.main", "run", "study.yaml", "--dry-run")
    assert planned.returncode == 0, planned.stdout + planned.stderr
    snakefile = run(
        "-c", "from popmargin.core.resources import *; print(resource_path('Snakefile'))"
    )
    assert Path(snakefile.stdout.strip()).is_relative_to(wheel)
    done = run(
        *("-m", "snakemake", "--snakefile", snakefile.stdout.strip(), "--cores", "1"),
        *("results/tiny/tables/population_errors.csv", "--configfile", "study.yaml"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "results" / "tiny" / "tables" / "population_errors.csv").is_file()
