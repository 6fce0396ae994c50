"""The pages on the readers name every reader, option and convention that there is."""

from dataclasses import fields
from pathlib import Path

import pytest

from popmargin.gather.conventions import PATIENT_POSITIONS
from popmargin.gather.kinds import READERS
from popmargin.gather.options import ReaderOptions

PAGES = Path(__file__).resolve().parents[3] / "docs" / "readers"
INDEX = (PAGES / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name", [*READERS, *PATIENT_POSITIONS, *(f.name for f in fields(ReaderOptions))]
)
def test_index_names_it(name):
    shown = f"`{name}:`" if name == "reader" else f"`{name}`"
    assert shown in INDEX


def test_every_page_is_linked_and_says_how_to_check():
    pages = sorted(page.name for page in PAGES.glob("*.md") if page.name != "README.md")
    assert pages
    for page in pages:
        assert f"({page})" in INDEX
        text = (PAGES / page).read_text(encoding="utf-8")
        assert "**Declare**" in text
        assert "**Phantom check.**" in text or "**Check.**" in text
