"""The header of a table: one name a column, none empty, none twice."""

import re
from collections.abc import Sequence

from popmargin.core.exceptions import RefusedInput

_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")


def checked_header(cells: Sequence[str], where: str) -> list[str]:
    """Column names without surrounding blanks.

    Raises `RefusedInput` when there is none, one is empty or one stands twice.

    >>> checked_header(["patient_id", " fraction "], "a.csv")
    ['patient_id', 'fraction']
    """
    header = [name.strip() for name in cells]
    place = f"{where}, row 1"
    if not any(header):
        remedy = "start the table with a row of column names"
        raise RefusedInput(place, "column names", "an empty row", remedy)
    repeated = sorted({name for name in header if header.count(name) > 1 and name})
    if repeated:
        remedy = "rename or remove the repeated column"
        raise RefusedInput(place, "each column name once", f"{', '.join(repeated)} twice", remedy)
    if "" in header:
        column = header.index("") + 1
        raise RefusedInput(place, "a name for every column", f"none in column {column}", "name it")
    return header


def refuse_rows_as_header(header: Sequence[str], where: str) -> None:
    """Raise `RefusedInput` when what stands in row 1 is data; it is not quoted: it may name people.

    >>> refuse_rows_as_header(["patient_id", "fraction"], "a.csv")
    """
    numbers = sum(_NUMBER.fullmatch(name) is not None for name in header)
    if numbers:
        found = f"{numbers} numbers among {len(header)} names"
        remedy = "add a header row to the table"
        raise RefusedInput(f"{where}, row 1", "column names", found, remedy)
