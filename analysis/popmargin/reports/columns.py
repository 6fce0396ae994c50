"""Tables of the report by their columns: the heading of each beside what fills its cells.

A maker of columns says once how a value reads and what stands where there is none: a dash, the
reason of the row, or a text of its own.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from popmargin.core.axes import AXIS_LABELS, axis_unit
from popmargin.reports.numbers import (
    DASH,
    NOT_ESTIMABLE,
    count,
    in_per_cent,
    interval_of,
    number,
    p_text,
)
from popmargin.reports.section import Cell, Column, Kind, PageTable

Row = Mapping[str, Any]
_AS_IT_IS: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a table: its heading, and what makes its cell of a row."""

    column: Column
    cell: Callable[[Row], Cell]


def table_of(
    caption: str, rows: Iterable[Row], fields: Sequence[Field], file: str = ""
) -> PageTable:
    """A table of ``rows``, a cell a field; ``file`` is where the numbers stand.

    >>> fields = [text("Group", "group"), counted("Patients", "n")]
    >>> table = table_of("Patients", [{"group": "lung", "n": 1200}], fields)
    >>> [cell.text for cell in table.rows[0]]
    ['lung', '1,200']
    """
    body = [[field.cell(row) for field in fields] for row in rows]
    return PageTable(caption, [field.column for field in fields], body, file)


def text_table(
    caption: str, titles: Sequence[str], rows: Iterable[Iterable[str]], file: str = ""
) -> PageTable:
    """A table of nothing but texts.

    >>> table = text_table("In short", ["Topic", "Statement"], [("Design", "two arms")])
    >>> [cell.text for cell in table.rows[0]]
    ['Design', 'two arms']
    """
    body = [[Cell(said) for said in row] for row in rows]
    return PageTable(caption, [Column(title, "text") for title in titles], body, file)


def numbered(notes: Iterable[str]) -> dict[str, int]:
    """A number for each different note, in the order in which they first come.

    For what would fill the cells of one row after the other with the same words: the row has the
    number, a table of its own the words.

    >>> numbered(["a guess", "measured", "a guess"])
    {'a guess': 1, 'measured': 2}
    """
    return {note: place for place, note in enumerate(dict.fromkeys(notes), start=1)}


def text(
    title: str,
    of: str | Callable[[Row], str | None],
    said: Mapping[str, str] = _AS_IT_IS,
    *,
    missing: str = DASH,
    kind: Kind = "text",
) -> Field:
    """A text: that of the column ``of``, in other words where ``said`` has them, or made by ``of``.

    >>> fields = text("Phase", "phase", {"course": "whole course"}), text("Site", "site")
    >>> [field.cell({"phase": "course", "site": None}).text for field in fields]
    ['whole course', '–']
    """
    value = of if callable(of) else lambda row: row[of]

    def cell(row: Row) -> Cell:
        found = value(row)
        return Cell(said.get(found, str(found)) if found else missing)

    return Field(Column(title, kind), cell)


def named(title: str, name: str, *, missing: str = DASH) -> Field:
    """A text that is the name of a thing in the tables, its underscores as spaces.

    >>> named("Strategy", "strategy").cell({"strategy": "breath_hold"}).text
    'breath hold'
    """
    return text(title, lambda row: (row[name] or "").replace("_", " "), missing=missing)


def axis(kind: Kind = "word") -> Field:
    """The column of the axis, in full words.

    >>> axis().cell({"axis": "lr"}).text
    'left-right'
    """
    return text("Axis", "axis", AXIS_LABELS, kind=kind)


def counted(title: str, name: str) -> Field:
    """A whole number, or a dash.

    >>> counted("Fractions", "n_fractions").cell({"n_fractions": 1230}).text
    '1,230'
    """
    return made(title, lambda row: count(row[name]), sort=name)


def plain(title: str, name: str, digits: int | None = 1, *, missing: str = DASH) -> Field:
    """A number with ``digits`` decimals, as it was stated where ``digits`` is None.

    >>> plain("Margin", "margin_mm").cell({"margin_mm": 7.04}).text
    '7.0'
    >>> plain("Minutes", "low", None).cell({"low": 2.25}).text
    '2.25'
    """

    def printed(row: Row) -> str:
        if digits is None and row[name] is not None:
            return f"{row[name]:g}"
        return number(row[name], digits or 0, missing=missing)

    return made(title, printed, sort=name)


def estimate(
    title: str,
    name: str,
    unit: str | Callable[[Row], str] = "_mm",
    digits: int = 2,
    *,
    missing: str | None = None,
) -> Field:
    """A number with its interval, of ``name``, ``name_low`` and ``name_high`` with their ``unit``.

    What has no value says the reason of the row, unless ``missing`` is given.

    >>> row = {"rate": 0.5, "rate_low": 0.25, "rate_high": 1.0, "sd_mm": None, "reason": "one scan"}
    >>> [estimate("Rate", "rate", "").cell(row).text, estimate("SD", "sd").cell(row).text]
    ['0.50 (0.25 to 1.00)', 'not estimable: one scan']
    """

    def cell(row: Row) -> Cell:
        end = unit(row) if callable(unit) else unit
        value = row[f"{name}{end}"]
        if value is None and missing is not None:
            return Cell(missing)
        return Cell(interval_of(row, name, end, digits), value)

    return Field(Column(title), cell)


def share(title: str, name: str, digits: int = 1, *, missing: str | None = None) -> Field:
    """A share with its interval in per cent; the heading says so.

    >>> row = {"share": 0.1, "share_low": 0.05, "share_high": 0.2}
    >>> share("Share, %", "share").cell(row).text
    '10.0 (5.0 to 20.0)'
    """
    hundred = estimate(title, name, "", digits, missing=missing)

    def cell(row: Row) -> Cell:
        ends = {f"{name}{end}": row[f"{name}{end}"] for end in ("", "_low", "_high")}
        scaled = {end: None if value is None else 100.0 * value for end, value in ends.items()}
        return Cell(hundred.cell({**row, **scaled}).text, row[name])

    return Field(hundred.column, cell)


def per_cent(title: str, name: str, digits: int = 1) -> Field:
    """A share without an interval in per cent, or a dash.

    >>> per_cent("Wanted", "population", 0).cell({"population": 0.9}).text
    '90 %'
    """
    return made(title, lambda row: in_per_cent(row[name], digits), sort=name)


def p_value(title: str, name: str) -> Field:
    """A p-value, never 0, or a dash.

    >>> p_value("p", "p_value").cell({"p_value": 0.034}).text
    '0.03'
    """
    return made(title, lambda row: p_text(row[name]), sort=name)


def made(
    title: str, make: Callable[[Row], str | Cell], sort: str = "", kind: Kind = "number"
) -> Field:
    """A column of its own kind: ``make`` gives its cell, or the text of it, sorted by ``sort``.

    >>> made("Events", lambda row: f"{row['n']} of 8", sort="n").cell({"n": 3})
    Cell(text='3 of 8', sort=3)
    """

    def cell(row: Row) -> Cell:
        found = make(row)
        return found if isinstance(found, Cell) else Cell(found, row[sort] if sort else None)

    return Field(Column(title, kind), cell)


def looked_up(
    field: Field, find: Callable[[Row], Row | None], *, missing: str = NOT_ESTIMABLE
) -> Field:
    """The column ``field``, its cells made of the rows that ``find`` gives for those shown.

    >>> margins = {"lr": {"margin_mm": 5.0, "margin_low_mm": 4.0, "margin_high_mm": 6.5}}
    >>> left_right = looked_up(estimate("LR", "margin"), lambda row: margins.get(row["axis"]))
    >>> left_right.cell({"axis": "lr"}).text, left_right.cell({"axis": "si"}).text
    ('5.00 (4.00 to 6.50)', 'not estimable')
    """

    def cell(row: Row) -> Cell:
        found = find(row)
        return Cell(missing) if found is None else field.cell(found)

    return Field(field.column, cell)


def own_unit(row: Row) -> str:
    """How the columns of a row end that holds translations or rotations.

    >>> own_unit({"axis": "yaw"})
    '_deg'
    """
    return f"_{axis_unit(row['axis'])}"
