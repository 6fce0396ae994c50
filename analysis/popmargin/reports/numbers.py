"""Numbers as the report prints them: fixed digits, intervals in words, reasons in place of gaps."""

from collections.abc import Mapping
from typing import Any, Final

NOT_ESTIMABLE: Final = "not estimable"
DASH: Final = "\N{EN DASH}"


def number(value: float | None, digits: int = 1, *, missing: str = NOT_ESTIMABLE) -> str:
    """``value`` with ``digits`` decimals and a true minus sign, or ``missing`` for None.

    >>> number(-2.345, 1), number(-0.04, 1), number(None)
    ('−2.3', '0.0', 'not estimable')
    """
    if value is None:
        return missing
    text = f"{value:,.{digits}f}"
    if text.startswith("-"):
        text = f"\N{MINUS SIGN}{text[1:]}" if any(c in "123456789" for c in text) else text[1:]
    return text


def count(value: int | None) -> str:
    """A whole number with thousands marked, or a dash where there is none.

    >>> count(1230)
    '1,230'
    """
    return DASH if value is None else f"{value:,}"


def with_interval(
    value: float | None,
    low: float | None,
    high: float | None,
    digits: int = 1,
    *,
    reason: str | None = None,
) -> str:
    """A value with its interval, or why it is not there.

    >>> with_interval(3.14, 2.5, 4.04)
    '3.1 (2.5 to 4.0)'
    >>> with_interval(None, None, None, reason="one patient")
    'not estimable: one patient'
    """
    if value is None:
        return reason_text(reason)
    if low is None or high is None:
        return f"{number(value, digits)} (no interval)"
    return f"{number(value, digits)} ({number(low, digits)} to {number(high, digits)})"


def interval_of(row: Mapping[str, Any], name: str, unit: str = "_mm", digits: int = 1) -> str:
    """`with_interval` of the columns ``name``, ``name_low``, ``name_high`` of a result row.

    >>> interval_of({"margin_mm": 1.0, "margin_low_mm": 0.5, "margin_high_mm": 2.0}, "margin")
    '1.0 (0.5 to 2.0)'
    """
    value, low, high = (row.get(f"{name}{end}{unit}") for end in ("", "_low", "_high"))
    return with_interval(value, low, high, digits, reason=row.get("reason"))


def reason_text(reason: str | None) -> str:
    """What stands where a number would: withheld, or not estimable, with the reason.

    >>> reason_text("withheld by a blocking flag"), reason_text(None)
    ('withheld by a blocking flag', 'not estimable')
    """
    if not reason:
        return NOT_ESTIMABLE
    known = reason.startswith((NOT_ESTIMABLE, "withheld"))
    return reason if known else f"{NOT_ESTIMABLE}: {reason}"


def percent(share: float) -> str:
    """A stated share as per cent, without needless digits.

    >>> percent(0.95), percent(0.975)
    ('95 %', '97.5 %')
    """
    return f"{100 * share:.10g} %"


def in_per_cent(share: float | None, digits: int = 1) -> str:
    """A share as per cent with ``digits`` decimals, or a dash.

    >>> in_per_cent(0.1234), in_per_cent(0.8, 0), in_per_cent(None)
    ('12.3 %', '80 %', '–')
    """
    return DASH if share is None else f"{number(100.0 * share, digits)} %"


def p_text(p_value: float | None) -> str:
    """A p-value in two digits, never 0.

    >>> p_text(0.034), p_text(1e-9), p_text(None)
    ('0.03', '< 0.001', '–')
    """
    if p_value is None:
        return DASH
    return "< 0.001" if p_value < 0.001 else number(p_value, 3 if p_value < 0.01 else 2)
