"""The Snakefile as Snakemake sees it: clean, short, refusing bad configs before any job."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workflow.checkout import ROOT, Checkout

GOOD = "study: s\nsources:\n  - label: a\n    synthetic: {cohort: brain}\n"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    return Checkout.copy(tmp_path_factory.mktemp("snakefile"))


def test_the_linter_and_the_formatter_have_nothing_to_say():
    snakemake = [sys.executable, "-m", "snakemake", "--lint"]
    lint = subprocess.run(snakemake, cwd=ROOT, capture_output=True, text=True, check=False)
    assert lint.returncode == 0, lint.stdout + lint.stderr
    files = ["Snakefile", *sorted(str(p) for p in (ROOT / "workflow" / "rules").glob("*.smk"))]
    snakefmt = [str(Path(sys.executable).with_name("snakefmt")), "--check", *files]
    check = subprocess.run(snakefmt, cwd=ROOT, capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout + check.stderr


def test_the_snakefile_and_the_scripts_are_short():
    assert len((ROOT / "Snakefile").read_text().splitlines()) < 80
    for script in (ROOT / "workflow" / "scripts").glob("*.py"):
        assert len(script.read_text().splitlines()) < 60, script.name


def test_every_rule_has_the_script_of_its_name_and_every_script_its_rule():
    text = "".join(p.read_text() for p in sorted((ROOT / "workflow" / "rules").glob("*.smk")))
    rules = set(re.findall(r"^rule (\w+):", text, re.M))
    assert rules == {path.stem for path in (ROOT / "workflow" / "scripts").glob("*.py")}
    for rule in rules:
        assert f'code=rule_code("{rule}")' in text
        assert f'"../scripts/{rule}.py"' in text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD + "seed: 010\n", "bad.yaml, line 5, key seed"),
        (GOOD + "titel: x\n", "bad.yaml, line 5, key titel: expected one of the keys"),
        (GOOD + "study: b\n", "bad.yaml, line 5: expected each key once"),
        (GOOD + "title: NO\n", "bad.yaml, line 5, key title"),
    ],
)
def test_a_bad_config_is_refused_before_anything_runs(checkout, text, message):
    (checkout.here / "bad.yaml").write_text(text)
    refused = checkout.run("--configfile", "bad.yaml")
    assert refused.returncode != 0
    assert message in refused.stderr
    assert not (checkout.here / "results").exists()


def test_without_a_config_the_example_would_be_built(checkout):
    rules = checkout.would_run()
    assert {"simulate_cohort", "gather_source", "combine_anatomy", "write_report"} <= rules


def test_a_study_without_anatomy_has_none_of_its_rules(checkout):
    (checkout.here / "s.yaml").write_text(GOOD)
    rules = checkout.would_run("--configfile", "s.yaml")
    assert "estimate_margins" in rules
    assert not {"combine_anatomy", "estimate_anatomy_errors"} & rules
