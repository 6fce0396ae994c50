"""Numbers in print: digits, minus signs, intervals, and reasons in place of gaps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popmargin.reports.numbers import (
    count,
    interval_of,
    number,
    percent,
    reason_text,
    with_interval,
)


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(3.14159, 2, "3.14"), (-0.04, 1, "0.0"), (-0.06, 1, "−0.1"), (1234.5, 1, "1,234.5")],
)
def test_number(value, digits, text):
    assert number(value, digits) == text


@given(st.floats(-1e6, 1e6))
def test_number_reads_back_and_zero_has_no_sign(value):
    text = number(value, 2)
    assert float(text.replace(",", "").replace("−", "-")) == pytest.approx(value, abs=0.0051)
    assert not (text.startswith("−") and float(text[1:].replace(",", "")) == 0)


def test_gap_is_named():
    assert number(None) == "not estimable"
    assert count(None) == "–"
    assert with_interval(None, 1.0, 2.0, reason="fewer than two patients") == (
        "not estimable: fewer than two patients"
    )
    assert with_interval(2.0, None, 3.0) == "2.0 (no interval)"


def test_interval_of_a_row_uses_its_unit():
    row = {"group_mean_deg": -1.0, "group_mean_low_deg": -2.0, "group_mean_high_deg": 0.25}
    assert interval_of(row, "group_mean", "_deg", 2) == "−1.00 (−2.00 to 0.25)"


def test_reason_is_not_said_twice():
    assert reason_text("not estimable: one fraction each") == "not estimable: one fraction each"
    assert reason_text("") == "not estimable"


def test_percent_has_no_needless_digits():
    assert (percent(0.9), percent(0.999)) == ("90 %", "99.9 %")
