"""The command burden: builds what it needs of a study and prints it."""

import json
import os
import subprocess
import sys

import pytest

from popmargin.cohorts.faults import inject_fault
from popmargin.core.random_streams import random_stream
from tests.oracles.quality_cohorts import clean_cohort
from tests.workflow.checkout import tiny_shifts

CONFIG = """\
study: priced
sources:
  - label: logs
    path: logs.csv
    quantity: setup_error
    timing: before_correction
    max_set_aside_share: 0.2
target: {ctv_radius_mm: 20, fractions: 20}
burden:
  protocols: [no_imaging, daily]
  modalities: [kv_cbct]
  regions: {all: thorax}
  prescription_gy: 60
"""
MONEY = "low: 20, typical: 30, high: 40, unit: EUR, source: own study"
PRICED = f"""{CONFIG}\
  records:
    kv_cbct.cost_per_image: {{{MONEY}, currency: EUR, price_year: 2020}}
"""


def burden(folder, config, shifts=None):
    (folder / "logs.csv").write_text(shifts or tiny_shifts("a", "b", "c"))
    (folder / "study.yaml").write_text(config)
    command = [sys.executable, "-m", "popmargin.cli.main", "burden", "study.yaml", "--json"]
    return subprocess.run(
        command, cwd=folder, env=dict(os.environ), capture_output=True, text=True, check=False,
        timeout=300,
    )  # fmt: skip


def test_one_object_with_the_promised_keys_and_nothing_else(tmp_path):
    done = burden(tmp_path, PRICED)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["command"] == "burden"
    rows = {row["protocol"]: row for row in found["rows"]}
    assert list(rows) == ["no_imaging", "daily"]
    daily = rows["daily"]
    assert (daily["modality"], daily["currency"], daily["price_year"]) == ("kv_cbct", "EUR", 2020)
    assert daily["cost_per_course"] == 600
    assert daily["minutes_per_course"] == 80
    assert daily["imaging_dose_mgy"] == pytest.approx(20 * 4.7)
    assert daily["margin_mm"] < rows["no_imaging"]["margin_mm"]
    assert daily["on_frontier"] is True
    assert daily["ptv_cc"] > 0
    assert "kv_cbct.added_minutes" in daily["rests_on"]
    assert any("default, not validated" in text for text in found["assumptions"])


def test_a_blocking_flag_withholds_the_margins_and_is_the_exit_code(tmp_path):
    rng = random_stream(31, "line")
    cohort = inject_fault(clean_cohort(rng, group_mean_mm=2.0), "mixed_units", rng=rng)
    shifts = cohort.drop("source").write_csv()
    done = burden(tmp_path, PRICED, shifts)
    assert done.returncode == 3, done.stderr
    found = json.loads(done.stdout)
    assert [row["margin_mm"] for row in found["rows"]] == [None, None]
    daily = found["rows"][1]
    assert daily["reason"].startswith("withheld by a blocking flag")
    assert (daily["cost_per_course"], daily["minutes_per_course"]) == (600, 80)
    assert daily["on_frontier"] is None
