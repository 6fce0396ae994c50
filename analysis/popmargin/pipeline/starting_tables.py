"""Lines of a starting config for tables of anatomy, patients and outcomes, with their questions."""

import json
from collections.abc import Iterator, Mapping
from typing import Final

from popmargin.gather.guess_columns import Guess, are_numbers, decimal_of, guess_columns
from popmargin.gather.table_columns import ONE_FOR_ALL, OTHER_NAMES, OWN_COLUMNS
from popmargin.gather.table_head import TableHead
from popmargin.pipeline.open_questions import ASK

Line = tuple[str, str, str]
"""A line of the config, the key that it states (or asks for), and the remark beside it."""

PATH: Final = "    path:"
LABEL: Final = "  - label: "
_REMARKS: Final = {
    "event": "0 end of observation, 1 event, 2 another event came first: is it so?",
    "time_months": "months: is it so?",
}


def quoted(text: str) -> str:
    r"""Text as YAML reads it; letters of any language stay as they are, what drives a terminal not.

    >>> quoted("Klinik Köln"), quoted("a\x1b")
    ('"Klinik Köln"', '"a\\u001b"')
    """
    return json.dumps(text, ensure_ascii=not text.isprintable())


def bare(text: str) -> str:
    """Text for a comment: as `quoted`, without the marks around it."""
    return quoted(text)[1:-1]


def line(key: str, value: str, remark: str = "") -> Line:
    """One key of a source."""
    return f"    {key}: {value}" + (f"   # {remark}" if remark else ""), key, remark


def label_lines(head: TableHead) -> Iterator[Line]:
    """Label, path and the names of the file's columns."""
    remark = "   # how results name it; a file name never appears there"
    yield f'{LABEL}"clinic, table"{remark}', "", ""
    yield PATH, "", ""
    yield f"    # columns of the file: {', '.join(map(bare, head.cells))}", "", ""


def column_lines(guesses: Mapping[str, list[Guess]], wanted: tuple[str, ...]) -> Iterator[Line]:
    """The mapping ``columns``: proposals by name, and a question for each wanted one without."""
    stated = {}
    for canonical in dict.fromkeys([*wanted, *guesses]):
        found = guesses.get(canonical, [])
        if len(found) == 1 and found[0].column != canonical:
            remark = _REMARKS.get(canonical, "by its name: is it?")
            stated[canonical] = (quoted(found[0].column), remark)
        elif len(found) > 1:
            names = ", ".join(f"'{bare(guess.column)}'" for guess in found)
            stated[canonical] = (ASK, f"which of {names}?")
        elif not found and canonical in wanted:
            stated[canonical] = (ASK, "which column is it?")
    if stated:
        yield "    columns:", "", ""
    for canonical, (value, remark) in stated.items():
        text, key, _ = line(canonical, value, remark)
        yield f"  {text}", f"columns.{key}", remark


def written_lines(head: TableHead) -> Iterator[Line]:
    """How the file is written: sheet, separator, encoding."""
    for key, value in head.written.items():
        remark = "the one with such columns: is it?" if key == "sheet" else "as the file is written"
        yield line(key, json.dumps(value), remark)
    for key, why in head.open.items():
        yield line(key, ASK, why)


def decimal_lines(cells: list[str]) -> Iterator[Line]:
    """The decimal mark, where it is no point."""
    if (mark := decimal_of(cells)) is None:
        if any("," in cell for cell in cells) and any("." in cell for cell in cells):
            yield line("decimal", ASK, '"." or ",": both stand in the numbers')
    elif mark == ",":
        yield line("decimal", '","', "as the numbers are written")


def other_table(table: str, head: TableHead) -> Iterator[Line]:
    """A source of table ``anatomy``, ``patients`` or ``outcomes``."""
    guesses = guess_columns(list(head.cells), OTHER_NAMES[table])
    yield from label_lines(head)
    yield line("table", table)
    yield from column_lines(guesses, OWN_COLUMNS[table])
    if table == "patients":
        yield '      # any other column is a covariate by a name of yours: smoker: "..."', "", ""
    yield from written_lines(head)
    numbers = [cell for column in filter(are_numbers, head.cells.values()) for cell in column]
    yield from decimal_lines(numbers)
    same = {key: what for key, what in ONE_FOR_ALL[table].items() if key not in guesses}
    if same:
        yield "    constants:   # the same for every row; or a column of the file", "", ""
    for key, what in same.items():
        text, _, _ = line(key, ASK, what)
        yield f"  {text}", f"constants.{key}", what
