"""The profiles of clusters name rules that exist, and groups that can be scheduled."""

import re
from pathlib import Path

import pytest
import yaml

from tests.faults.bench import CONFIG, RUN
from tests.workflow.checkout import Checkout, tiny_shifts

ROOT = Path(__file__).resolve().parents[2]
RULES = {
    name
    for path in (ROOT / "workflow" / "rules").glob("*.smk")
    for name in re.findall(r"^\s*rule (\w+):", path.read_text(), re.MULTILINE)
}


@pytest.mark.parametrize("name", ["slurm", "kubernetes"])
def test_rules_of_a_profile_exist(name):
    profile = yaml.safe_load((ROOT / "workflow" / "profiles" / name / "config.yaml").read_text())
    assert profile["executor"] == name
    assert set(profile["groups"]) <= RULES
    assert set(profile["set-resources"]) <= RULES
    assert set(profile["group-components"]) <= set(profile["groups"].values())
    assert {"mem_mb", "runtime"} <= set(profile["default-resources"])


def test_what_takes_seconds_is_sent_together():
    """Only what grows with the rows goes alone; a rule that nobody grouped would be a job each."""
    profile = yaml.safe_load((ROOT / "workflow" / "profiles" / "slurm" / "config.yaml").read_text())
    assert RULES - set(profile["groups"]) == {"combine_shifts", "summarise_units"}


def test_a_source_stays_one_job():
    """Shards are never sent together: each may be as large as a node."""
    profile = yaml.safe_load((ROOT / "workflow" / "profiles" / "slurm" / "config.yaml").read_text())
    assert profile["groups"]["gather_source"] == "shard"
    assert profile["group-components"]["shard"] == 1


def test_kubernetes_would_run_every_job_against_a_local_store(tmp_path):
    checkout = Checkout.copy(tmp_path)
    (checkout.here / "s.yaml").write_text(CONFIG)
    (checkout.here / "one.csv").write_text(tiny_shifts("a", "b", "c"))
    profile = checkout.home / "workflow" / "profiles" / "kubernetes"
    store = (
        "--default-storage-provider",
        "fs",
        "--default-storage-prefix",
        str(tmp_path / "store"),
    )
    said = checkout.done("--dry-run", *RUN, "--workflow-profile", str(profile), *store)
    for rule in ("gather_source", "write_report", "record_provenance"):
        assert re.search(rf"^{rule} +1$", said, re.MULTILINE), said
