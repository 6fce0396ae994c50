"""The profiles of clusters name rules that exist, and groups that can be scheduled."""

import re
from pathlib import Path

import pytest
import yaml

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


def test_a_source_stays_one_job():
    """Shards are never sent together: each may be as large as a node."""
    profile = yaml.safe_load((ROOT / "workflow" / "profiles" / "slurm" / "config.yaml").read_text())
    assert profile["groups"]["gather_source"] == "shard"
    assert profile["group-components"]["shard"] == 1
