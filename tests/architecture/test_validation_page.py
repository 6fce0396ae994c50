"""The page of claims cannot go stale: every test that it names exists and can fail."""

import ast
import re
from pathlib import Path

import pytest

from tests.agreement import PAGE as AGREEMENT
from tests.agreement import page

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "validation.md").read_text("utf-8")
CLAIMS = re.findall(r"^\| (.+?) \| `(tests/\S+?)::(\w+)` \|$", PAGE, re.MULTILINE)
SECURITY = (ROOT / "SECURITY.md").read_text("utf-8")


def test_the_page_has_its_claims_and_every_row_is_read():
    assert len(CLAIMS) > 50
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")]
    heads = [line for line in rows if line == "| claim | test |"]
    assert len(rows) - len(heads) == len(CLAIMS)
    assert len({name for *_, name in CLAIMS}) == len(CLAIMS)


def test_the_page_of_numbers_is_what_the_tests_compute():
    assert page() == AGREEMENT.read_text("utf-8"), "run python -m tests.agreement"


def test_every_named_test_exists_and_is_not_skipped():
    trees = {path: ast.parse((ROOT / path).read_text("utf-8")) for _, path, _ in CLAIMS}
    missing = []
    for claim, path, name in CLAIMS:
        found = [n for n in trees[path].body if isinstance(n, ast.FunctionDef) and n.name == name]
        marks = [ast.unparse(mark) for node in found for mark in node.decorator_list]
        if not found or any("skip" in mark or "xfail" in mark for mark in marks):
            missing.append((claim, f"{path}::{name}"))
    assert missing == []


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`(tests/[\w/.]+)`", SECURITY))))
def test_every_file_that_the_security_page_names_exists(path):
    assert (ROOT / path).exists()
