"""Floor 2: delimited text of vendors: a header somewhere near the top, cells that may hold lines.

Columns are found by name; a quoted cell may hold line ends (comments do). Rows keep the line they
start on, and are judged one by one: a cut last line does not cost the others.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from popmargin.gather.fields import BadCell
from popmargin.gather.source_file import DamagedFile


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line it starts on and its cells, found by column name."""

    line: int
    cells: tuple[str, ...]
    places: Mapping[str, int]

    def cell(self, column: str) -> str:
        """Cell of a column, stripped; empty where the table has no such column.

        Raises `BadCell` (``ragged_row``) when the row has another number of cells than the header.
        """
        if len(self.cells) != len(self.places):
            raise BadCell("ragged_row", "")
        place = self.places.get(column)
        return "" if place is None else self.cells[place].strip()


def rows_of(text: str, separator: str, where: str, *, first: Sequence[str] = ()) -> Iterator[Row]:
    r"""Rows of a delimited text below its header.

    Parameters: the text; one character between cells; how to name the file in messages; ``first``
    columns of which one must stand in the header (lines above it are passed over).
    Raises `DamagedFile` without a header, for a repeated column, or quotes that never close.

    >>> [row.cell("b") for row in rows_of("a,b\n1,2\n", ",", "x.csv")]
    ['2']
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    places: dict[str, int] = {}
    line = 1
    try:
        for cells in reader:
            start, line = line, reader.line_num + 1
            if places:
                if any(cell.strip() for cell in cells):
                    yield Row(start, tuple(cells), places)
            elif any(cells) and (not first or any(cell.strip() in first for cell in cells)):
                places = _places(cells, where)
    except csv.Error:
        place = f"{where}, line {line}"
        raise DamagedFile(place, "whole cells", "a broken quote", "export it again") from None
    if not places:
        expected = f"a header with {' or '.join(first)}" if first else "a header"
        raise DamagedFile(where, expected, "none", "export it again, or declare separator")


def _places(cells: Sequence[str], where: str) -> dict[str, int]:
    names = [cell.strip() for cell in cells]
    places: dict[str, int] = {}
    for place, name in enumerate(names):
        if name and name in places:
            remedy = "export it again"
            raise DamagedFile(where, "each column once", f"{name[:40]!a} twice", remedy)
        places[name or f"column {place + 1}"] = place
    return places
