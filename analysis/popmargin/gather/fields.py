"""Floor 2: cells of vendor logs: numbers by the declared decimal, dates by the declared format."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Final

_NUMBER: Final = re.compile(r"[+-]?(\d{1,15}(\.\d{0,15})?|\.\d{1,15})", re.ASCII)
_NONE: Final = {"", "-", "--"}


class BadCell(ValueError):
    """A cell that cannot be used; ``reason`` is the code for the ledger."""

    def __init__(self, reason: str, column: str) -> None:
        self.reason, self.column = reason, column
        super().__init__(f"{reason}|{column}")


def number(cell: str, column: str, decimal: str = ".") -> Decimal | None:
    """Number in a cell, exactly; ``None`` for an empty cell or a dash (not measured).

    Parameters: ``cell``; ``column`` named when it is bad; ``decimal`` mark ``.`` or ``,``.
    Raises `BadCell` (``not_a_number``) for any other text: no thousands marks, no exponents.

    >>> number(" -0,25 ", "lr_mm", ","), number("-", "lr_mm")
    (Decimal('-0.25'), None)
    """
    text = cell.strip()
    if text in _NONE:
        return None
    if decimal == ",":
        # A point beside decimal commas is a thousands mark or a mistake: never guessed.
        text = text.replace(",", ".", 1) if "." not in text else "mixed"
    if not _NUMBER.fullmatch(text):
        raise BadCell("not_a_number", column)
    return Decimal(text)


def moment(text: str, date_format: str) -> datetime:
    """Date and time of a text in a strptime format.

    Raises `BadCell` (``not_a_date``) when it does not fit, or lies outside 1980 to 2100.

    >>> moment("31-3-2011 15:55:02", "%d-%m-%Y %H:%M:%S").isoformat()
    '2011-03-31T15:55:02'
    """
    try:
        found = datetime.strptime(text.strip(), date_format)
    except ValueError:
        raise BadCell("not_a_date", "acquired_at") from None
    if not 1980 <= found.year <= 2100:
        raise BadCell("not_a_date", "acquired_at")
    return found.replace(tzinfo=None)
