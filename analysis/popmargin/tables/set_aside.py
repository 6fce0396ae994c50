"""Say which rows of a table are set aside and why, and refuse a table with too many of them."""

import polars as pl

from popmargin.core.exceptions import RefusedInput
from popmargin.core.flags import Flag
from popmargin.tables.parse import REASONS, ROW
from popmargin.tables.scan import TableScan
from popmargin.tables.source import SourceDeclaration

_MAX_ROW_FLAGS = 1000
_MAX_QUOTED = 40
_MEND = (
    "mend the rows, or raise max_set_aside_share of this source (--max-set-aside on the "
    "command line)"
)
_REMEDIES = {
    "out_of_range": "declare the unit of the column (mm or cm), or mend the rows",
    "unknown_value": "use the values that the contract lists",
    "not_a_date": "declare date_format for this source (several formats: '%Y-%m-%d | %d.%m.%Y'), "
    "or leave acquired_at out of its columns",
}
_OTHER_DECIMAL = {".": ",", ",": "."}
_DECIMAL_NAMES = {".": "point", ",": "comma"}


def refuse_too_many(
    bad: pl.DataFrame, rows_read: int, scan: TableScan, source: SourceDeclaration
) -> None:
    """Raise `RefusedInput` for no row, no usable row, or more set aside than the source allows.

    ``bad`` holds ``source_row``, ``reason`` and ``column`` of each row set aside, sorted by row.
    """
    if rows_read == 0:
        raise RefusedInput(scan.where, "rows below the header", "none", "export the table again")
    if bad.height < rows_read and bad.height / rows_read <= source.max_set_aside_share:
        return
    row, reason, column = bad.select(ROW, "reason", "column").row(0)
    cell = _cells(scan, bad.head(1)).get((row, column))
    place = f"{scan.where}, row {row}" + (f", column {column}" if column else "")
    if reason == "not_a_number" and _OTHER_DECIMAL[source.decimal] in (cell or ""):
        expected = f"a number with a decimal {_DECIMAL_NAMES[source.decimal]}"
        other = _OTHER_DECIMAL[source.decimal]
        remedy = (
            f'declare decimal: "{other}" for this source (--decimal "{other}" on the command line)'
        )
        raise RefusedInput(place, expected, f"{cell!r} ({_share(bad, rows_read)})", remedy)
    expected = f"at most {source.max_set_aside_share:.0%} of {rows_read} rows set aside"
    found = f"{bad.height}; here {_in_words(reason, cell)}"
    raise RefusedInput(place, expected, found, _REMEDIES.get(reason, _MEND))


def row_flags(bad: pl.DataFrame, scan: TableScan) -> list[Flag]:
    """One flag a row set aside, and one for the rest when there are very many."""
    head = bad.head(_MAX_ROW_FLAGS)
    cells = _cells(scan, head)
    flags = []
    for row, reason, column in head.select(ROW, "reason", "column").iter_rows():
        place = f"{scan.where}, row {row}" + (f", column {column}" if column else "")
        words = _in_words(reason, cells.get((row, column)))
        message = f"{place}: {words}; set aside"
        flags.append(
            Flag("row_set_aside", "warn", message, file=scan.where, row=row, column=column or None)
        )
    if bad.height > _MAX_ROW_FLAGS:
        rest = bad.height - _MAX_ROW_FLAGS
        message = f"{rest} further rows were set aside; the ledger lists them"
        flags.append(Flag("rows_set_aside", "warn", message, file=scan.where))
    return flags


def blank_flags(blank: int, where: str) -> list[Flag]:
    """Say that empty lines were passed over: they hold no row, but nothing is lost unsaid."""
    if blank <= 0:
        return []
    message = f"{blank} empty lines are passed over"
    return [Flag("empty_lines", "info", message, file=where)]


def _cells(scan: TableScan, bad: pl.DataFrame) -> dict[tuple[int, str], str]:
    """What stands in the file at the places of ``bad``; never an id, which names a patient."""
    shown = bad.filter(pl.col("column").is_in([n for n in scan.present if n != "patient_id"]))
    if shown.is_empty():
        return {}
    rows = shown[ROW].unique().to_list()
    numbered = scan.raw.drop(ROW, strict=False).with_row_index(ROW, offset=2)
    raw = numbered.filter(pl.col(ROW).is_in(rows)).collect(engine="streaming")
    at = {row: index for index, row in enumerate(raw[ROW].to_list())}
    return {
        (row, column): str(raw[scan.present[column]][at[row]])[:_MAX_QUOTED]
        for row, column in shown.select(ROW, "column").iter_rows()
    }


def _in_words(reason: str, cell: str | None) -> str:
    return REASONS[reason] if cell is None else f"{cell!r}: {REASONS[reason]}"


def _share(bad: pl.DataFrame, rows_read: int) -> str:
    return f"{bad.height} of {rows_read} rows cannot be used"
