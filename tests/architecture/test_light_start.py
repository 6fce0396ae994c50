"""Short commands start light: heavy libraries are imported where they are used."""

import subprocess
import sys

import pytest

HEAVY = {"scipy.stats", "scipy.optimize", "pandas", "matplotlib", "sklearn", "statsmodels", "numba"}
PROGRAM = """
import sys
try:
    {work}
except SystemExit:
    pass
print(*sys.modules, sep="\\n", file=sys.stderr)
"""
COMMAND = "from popmargin.cli.main import main; main({arguments!r})"
COMMANDS = {
    "check": ["check", "shifts.csv"],
    "errors": ["errors", "shifts.csv", "--estimator", "reml"],
    "margin": ["margin", "shifts.csv", "--recipe", "van_herk", "stroom"],
    "given": ["margin", "--systematic", "2", "--random", "2"],
    "recipes": ["recipes"],
}


def loaded(work, folder):
    """Names of the modules that a process of its own has loaded when it has done the work."""
    command = [sys.executable, "-c", PROGRAM.format(work=work)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return set(done.stderr.split())


@pytest.fixture
def folder(tmp_path):
    rows = [f"p{p},{f},{p + f % 2},{-f},{p * f % 3}" for p in range(5) for f in (1, 2, 3)]
    head = "patient_id,fraction,lr_mm,si_mm,ap_mm"
    (tmp_path / "shifts.csv").write_text("\n".join([head, *rows]) + "\n")
    return tmp_path


@pytest.mark.parametrize("name", COMMANDS)
def test_a_short_command_loads_no_heavy_library(folder, name):
    names = loaded(COMMAND.format(arguments=COMMANDS[name]), folder)
    assert "popmargin.cli.main" in names
    assert names & HEAVY == set()


@pytest.mark.parametrize("work", ["import popmargin", COMMAND.format(arguments=["--help"])])
def test_nothing_is_loaded_before_it_is_needed(folder, work):
    names = loaded(work, folder)
    assert "popmargin" in names
    assert names & (HEAVY | {"polars", "scipy"}) == set()
