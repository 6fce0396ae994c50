"""Folders as users name them: with spaces, quotes and letters beyond ASCII."""

import subprocess
import sys
from pathlib import Path

from tests.workflow.checkout import Checkout, tiny_shifts

CONFIG = """\
study: tiny
sources:
  - label: a clinic
    path: my shifts.csv
    quantity: setup_error
    timing: before_correction
    max_set_aside_share: 0.2
"""


def test_a_study_runs_where_everything_lies_in_such_a_folder(tmp_path):
    folder = tmp_path / "Müller's data (old)"
    checkout = Checkout.copy(folder)
    environment = folder / "my venv"
    environment.symlink_to(sys.prefix)
    (checkout.here / "my shifts.csv").write_text(tiny_shifts("1", "2", "3"))
    (checkout.here / "study.yaml").write_text(CONFIG)
    python = environment / "bin" / Path(sys.executable).name
    finished = subprocess.run(
        [
            *(str(python), "-m", "snakemake", "--snakefile", str(checkout.home / "Snakefile")),
            *("--cores", "1", "results/tiny/tables/population_errors.csv"),
            *("--configfile", "study.yaml"),
        ],
        cwd=checkout.here,
        env=checkout.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert (checkout.here / "results" / "tiny" / "tables" / "population_errors.csv").is_file()
