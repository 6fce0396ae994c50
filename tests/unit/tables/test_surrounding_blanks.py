"""Texts without surrounding blanks: the quick way gives what polars gives, whatever the text."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.tables.column import stripped

# Blanks of ASCII and beyond, letters of one and of several bytes.
TEXT = st.one_of(
    st.none(),
    st.text(alphabet=" \t\n\x0b\x0c\r\x1c\x7f\x85\xa0\u2003\u3000a~!\xd6\u4e2d", max_size=16),
)


def _both(texts):
    column = pl.DataFrame({"a": pl.Series(texts, dtype=pl.String)})
    plain = column.select(pl.col("a").str.strip_chars()).to_series().to_list()
    return column.select(stripped(pl.col("a"))).to_series().to_list(), plain


@given(st.lists(TEXT, max_size=12), st.integers(1, 9))
@settings(deadline=None, max_examples=200)
def test_surrounding_blanks_go_as_polars_takes_them_off(texts, repeats):
    found, plain = _both([text for text in texts for _ in range(repeats)])
    assert found == plain


@pytest.mark.parametrize(
    "text", ["p 1", "p1", "", None, "p1 ", " p1", "p1\xa0", "\xd61", "p1\u3000"]
)
def test_one_text_among_bare_ones(text):
    found, plain = _both(["p0", "p1", text, "p2"])
    assert found == plain
