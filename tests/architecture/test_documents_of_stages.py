"""Every stage has its page, and what the pages and the README point at exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
STAGES = {
    "gather", "errors", "margins", "coverage", "replay", "burden", "motion", "anatomy", "outcomes",
    "trials", "report", "quality", "analyses",
}  # fmt: skip
# The page of a stage whose rules have another name.
NAMED = {"gather": "readers/README", "errors": "analyses", "coverage": "margins"}


def test_every_stage_of_the_workflow_has_a_page_in_the_list():
    rules = {path.stem for path in (ROOT / "workflow" / "rules").glob("*.smk")}
    assert rules >= STAGES
    listed = (ROOT / "docs" / "README.md").read_text("utf-8")
    for stage in STAGES:
        assert f"({NAMED.get(stage, stage)}.md)" in listed, stage


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_every_link_and_picture_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    gone = [x for x in links if "://" not in x and not (page.parent / x).exists()]
    assert gone == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_every_picture_has_words_and_is_small(page):
    for words, name in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", page.read_text("utf-8")):
        assert len(words) > 10
        assert (page.parent / name).stat().st_size < 150_000
