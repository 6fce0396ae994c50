"""Killed, doubled and damaged runs: the tables are those of an undisturbed run, or nothing is."""

import os
import signal
import subprocess
import time

import pytest

from tests.workflow.checkout import Checkout, tiny_shifts

CONFIG = """\
study: s
sources:
  - {label: one, path: one.csv, quantity: setup_error, timing: before_correction,
     max_set_aside_share: 0.2}
"""
SPLIT = """\
study: split
sources:
  - {label: two, path: two.csv, quantity: setup_error, timing: before_correction}
  - {label: three, path: three.csv, quantity: setup_error, timing: before_correction,
     max_set_aside_share: 0.5}
"""
TABLES = ["population_errors", "margins", "flags", "fraction_trend"]
TARGETS = [f"results/s/tables/{name}.csv" for name in TABLES] + ["results/s/ledger.csv"]


@pytest.fixture
def study(tmp_path):
    """A tiny study that has not run."""
    checkout = Checkout.copy(tmp_path)
    (checkout.here / "s.yaml").write_text(CONFIG)
    (checkout.here / "one.csv").write_text(tiny_shifts("a", "b", "c"))
    return checkout


def tables(study):
    return {name: (study.here / name).read_bytes() for name in TARGETS}


def start(study):
    """A run in a process group of its own."""
    return subprocess.Popen(
        study.command(*TARGETS, "--configfile", "s.yaml"),
        cwd=study.here,
        env=study.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def wait_for(path, run):
    limit = time.monotonic() + 120
    while not path.exists():
        assert run.poll() is None, "the run ended before it could be disturbed"
        assert time.monotonic() < limit
        time.sleep(0.01)


def test_a_killed_run_resumes_to_the_same_tables_and_damage_is_named(study):
    folder = study.here / "results" / "s"
    run = start(study)
    wait_for(folder / "intermediate" / "shifts.parquet", run)
    # Held still, so that it cannot end while the second run finds its lock.
    os.killpg(run.pid, signal.SIGSTOP)
    second = study.run(*TARGETS, "--configfile", "s.yaml", "--rerun-incomplete")
    assert second.returncode != 0
    assert "lock" in second.stderr.lower()
    os.killpg(run.pid, signal.SIGKILL)
    run.wait(timeout=30)
    assert not all((study.here / name).exists() for name in TARGETS)

    study.done("--configfile", "s.yaml", "--unlock")
    study.done(*TARGETS, "--configfile", "s.yaml", "--rerun-incomplete")
    resumed = tables(study)

    # An undisturbed run of the same rows, shuffled and split into two files, on one core.
    header, *rows = (study.here / "one.csv").read_text().splitlines()
    for name, part in (("two.csv", rows[:4]), ("three.csv", rows[:3:-1])):
        (study.here / name).write_text("\n".join([header, *part]) + "\n")
    (study.here / "split.yaml").write_text(SPLIT)
    split = [name.replace("/s/", "/split/") for name in TARGETS]
    study.done(*split, "--configfile", "split.yaml", "--cores", "1")
    for name in (name for name in TARGETS if "flags" not in name and "ledger" not in name):
        same = (study.here / name.replace("/s/", "/split/")).read_bytes()
        assert same == resumed[name], name

    # A truncated result is never built upon: the rule that reads it refuses and says what to do.
    units = folder / "intermediate" / "unit_summaries.parquet"
    units.write_bytes(units.read_bytes()[:-30])
    (folder / "tables" / "margins.csv").unlink()
    refused = study.run(*TARGETS, "--configfile", "s.yaml")
    assert refused.returncode != 0
    assert "unit_summaries.parquet: expected the content that" in refused.stderr
    assert "delete this file and run the workflow again" in refused.stderr
    units.unlink()
    study.done(*TARGETS, "--configfile", "s.yaml")
    assert tables(study) == resumed
