"""Floor 2: records of vendor logs become a canonical table with the account of every record.

The contract of the table judges ranges and repeats exactly as for a generic table; what a vendor's
reader set aside is accounted for beside it. Results name a record by its number, never by a file.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from popmargin.core.axes import AXES, axis_column
from popmargin.core.exceptions import RefusedInput
from popmargin.core.flags import Flag, Severity
from popmargin.gather.options import ReaderOptions
from popmargin.gather.record import APART, EXPECTED, REASONS, Reading, Record
from popmargin.gather.sessions import BY_ORDER, FractionsByDay, number_fractions, number_images
from popmargin.gather.source_file import SourceFile
from popmargin.tables import parse
from popmargin.tables.contract import find_contract
from popmargin.tables.ledger import LEDGER_SCHEMA
from popmargin.tables.read import TableRead, read_frame
from popmargin.tables.source import SourceDeclaration

_MAX_FLAGS: Final = 1000
_MAX_LISTED: Final = 200
_UNCLAIMED: Final = "unclaimed_file"
_OF_NO_KIND: Final = "of no kind that a reader knows"
_MOMENT: Final = "acquired_at"


@dataclass(frozen=True, slots=True)
class GatheredTable(TableRead):
    """A canonical table from vendor files, with the account of every record.

    As `TableRead`; ``source_row`` is the number of the record in the source, from 1, and
    ``rows_read`` counts records and files that gave none. ``files`` (relative names in their
    order, so that ``file 3`` can be found) and ``unclaimed`` are for the terminal only.
    """

    files: tuple[str, ...] = ()
    unclaimed: tuple[str, ...] = ()


def assemble(
    reading: Reading,
    declaration: SourceDeclaration,
    options: ReaderOptions,
    *,
    known_fractions: FractionsByDay | None = None,
    files: Sequence[str] = (),
    unclaimed: Sequence[SourceFile] = (),
    apart: Mapping[str, int] | None = None,
) -> GatheredTable:
    """The canonical table of the records that readers found.

    Parameters
    ----------
    reading : records in the order of the files; changed in place.
    declaration : label, contract, timing, signs, constants; the reader has used units and columns.
    options : how sessions are told apart.
    known_fractions : fractions by patient and day, from treatment records.
    files, unclaimed : names of the files, and those that no reader knows.
    apart : code of `APART` -> number of files that gave no record.

    Raises
    ------
    RefusedInput
        No record can be used, or more are set aside than the source allows.
    """
    records = reading.records
    apart = {code: count for code, count in (apart or {}).items() if count}
    _set_aside_repeats(records)
    assumed = number_fractions(records, options.session_gap_hours, known_fractions or {})
    if declaration.table == "shifts":
        number_images(records)
    numbers = [n for n, record in enumerate(records, start=1) if not record.reason]
    if not numbers:
        _refuse(records, declaration, apart)
    table = _judge([records[n - 1] for n in numbers], declaration, records, apart)
    judged = table.ledger.filter(pl.col("status") == "set_aside")
    for row, reason, column in judged.select("row", "reason", "column").iter_rows():
        record = records[numbers[row - 2] - 1]  # the contract counts a header as row 1
        record.reason, record.column = reason, column
    if _too_many(records, declaration.max_set_aside_share):
        _refuse(records, declaration, apart)
    back = pl.DataFrame({parse.ROW: range(2, len(numbers) + 2), "_number": numbers})
    types = {parse.ROW: table.frame.collect_schema()[parse.ROW]}
    axes = [axis_column(a) for a in AXES if axis_column(a) in table.frame.collect_schema().names()]
    frame = (
        table.frame.join(back.cast(types).lazy(), on=parse.ROW, maintain_order="left")  # type: ignore[arg-type]
        .with_columns(pl.col("_number").alias(parse.ROW))
        .drop("_number")
        # Turning the sign of a zero must not change its bytes: -0.0 is written otherwise than 0.0.
        .with_columns(pl.col(name) + 0.0 for name in axes)
    )
    return GatheredTable(
        frame=frame,
        ledger=_ledger(records, declaration.label, apart, unclaimed),
        flags=(
            *reading.flags,
            *_counted_images(assumed, declaration),
            *_flags(records, declaration.label, apart, unclaimed),
        ),
        assumptions=(*reading.assumptions, *sorted(assumed), *_of_contract(table, declaration)),
        contract=table.contract,
        rows_read=len(records) + sum(apart.values()),
        files=tuple(files),
        unclaimed=tuple(file.name for file in unclaimed),
    )


def in_words(reason: str) -> str:
    """A reason code as the ledger words it.

    >>> in_words("not_rigid")
    'the matrix is not rigid'
    """
    return (parse.REASONS | REASONS).get(reason, reason)


def _set_aside_repeats(records: Sequence[Record]) -> None:
    """An export that is there twice counts once; contradicting copies count not at all."""
    same: dict[object, list[Record]] = defaultdict(list)
    for record in records:
        if not record.reason and record.identity is not None:
            same[record.identity].append(record)
    for copies in same.values():
        equal = all(copy.values == copies[0].values for copy in copies)
        for copy in copies[1:] if equal else copies:
            copy.reason = "duplicate_row" if equal else "conflicting_duplicate"


def _judge(
    records: Sequence[Record],
    declaration: SourceDeclaration,
    everything: Sequence[Record],
    apart: Mapping[str, int],
) -> TableRead:
    """The records as their contract judges them; all of them may be set aside."""
    inner = replace(
        declaration, columns={}, units={}, quantity=None, date_format=None, max_set_aside_share=1.0
    )
    try:
        return read_frame(_frame(records, declaration), inner)
    except RefusedInput as error:
        where, remedy = f"source {declaration.label}", error.remedy
        expected = f"a usable one among {len(everything)} records{_in_short(apart)}"
        raise RefusedInput(where, expected, f"none; set aside {error.found}", remedy) from None


def _frame(records: Sequence[Record], declaration: SourceDeclaration) -> pl.DataFrame:
    """Typed columns; a column that is empty throughout is left to the constants of the source."""
    names = dict.fromkeys(name for record in records for name in record.values)
    columns = {}
    for name in names:
        cells = [record.values.get(name) for record in records]
        if all(cell is None or cell == "" for cell in cells) and (
            name not in {"patient_id", "fraction"} or name in declaration.constants
        ):
            continue
        field = find_contract(declaration.table).field(name)
        if name == _MOMENT:
            columns[name] = pl.Series(cells, dtype=pl.Datetime("us"))
        elif field is not None and field.type == "number":
            columns[name] = pl.Series(cells, dtype=pl.Float64)
        else:
            texts = ["" if cell is None else str(cell) for cell in cells]
            columns[name] = pl.Series(texts, dtype=pl.String)
    for field in find_contract(declaration.table).fields:
        if field.required_column and field.name not in {*columns, *declaration.constants}:
            empty = pl.Float64 if field.type == "number" else pl.String
            cells = [None if field.type == "number" else ""] * len(records)
            columns[field.name] = pl.Series(cells, dtype=empty)
    return pl.DataFrame(columns)


def _refuse(
    records: Sequence[Record], declaration: SourceDeclaration, apart: Mapping[str, int]
) -> None:
    reasons = Counter((r.reason, r.column) for r in records if r.reason)
    where = f"source {declaration.label}"
    if not records:
        found = f"none{_in_short(apart)}"
        raise RefusedInput(where, "files that its reader knows", found, "check path and reader")
    shown = "; ".join(
        f"{count} times: {in_words(why)}" + (f" ({column})" if column else "")
        for (why, column), count in reasons.most_common(3)
    )
    first = next(record for record in records if record.reason not in {"", "duplicate_row"})
    share = declaration.max_set_aside_share
    raise RefusedInput(
        where,
        f"at most {share:.0%} of {len(records)} records set aside",
        f"{shown} (the first: {first.place}{_why(first)})",
        "mend the export, or raise max_set_aside_share of this source",
    )


def _why(record: Record) -> str:
    """What a damaged file was expected to be."""
    return f": {record.remark}" if record.reason == "damaged_file" and record.remark else ""


def _too_many(records: Sequence[Record], share: float) -> bool:
    """Whether too many records, or too many whole files, cannot be used."""
    bad = sum(bool(record.reason) and record.reason not in EXPECTED for record in records)
    # A file that cannot be read is one record here, but may have held a patient.
    damaged = sum(record.reason == "damaged_file" for record in records)
    files = {record.place.partition(",")[0] for record in records}
    return bad > share * len(records) or damaged > share * len(files)


def _in_short(apart: Mapping[str, int]) -> str:
    return "".join(f"; {count} {APART[code]}" for code, count in sorted(apart.items()))


def _ledger(
    records: Sequence[Record],
    label: str,
    apart: Mapping[str, int],
    unclaimed: Sequence[SourceFile],
) -> pl.DataFrame:
    used = sum(not record.reason for record in records)
    lines: list[tuple[object, ...]] = [
        (label, "gather", "used", "", None, "", used, "records used")
    ]
    lines += [
        (label, "gather", "set_aside", r.reason, n, r.column, 1, in_words(r.reason))
        for n, r in enumerate(records, start=1)
        if r.reason
    ]
    # A file is listed by its number in the order of the names: its name may be a patient's.
    listed = unclaimed[:_MAX_LISTED]
    lines += [
        (label, "gather", "set_aside", _UNCLAIMED, None, "", 1, f"{file.place()}: {_OF_NO_KIND}")
        for file in listed
    ]
    rest = {**apart, _UNCLAIMED: apart.get(_UNCLAIMED, 0) - len(listed)}
    lines += [
        (label, "gather", "set_aside", code, None, "", count, APART[code])
        for code, count in sorted(rest.items())
        if count
    ]
    return pl.DataFrame(lines, schema=LEDGER_SCHEMA, orient="row")


def _counted_images(assumed: Collection[str], declaration: SourceDeclaration) -> list[Flag]:
    """Repeat images are rarely daily: a rate for each of them is none for each fraction."""
    if declaration.table != "anatomy" or not any(text.startswith(BY_ORDER) for text in assumed):
        return []
    message = (
        "repeat images have no fraction and are numbered 1, 2, 3 in the order of their dates: a "
        "rate per fraction is one per image there; put the treatment records into the folder"
    )
    return [Flag("images_counted_as_fractions", "warn", message, file=declaration.label)]


def _flags(
    records: Sequence[Record],
    label: str,
    apart: Mapping[str, int],
    unclaimed: Sequence[SourceFile],
) -> list[Flag]:
    bad = [(n, r) for n, r in enumerate(records, start=1) if r.reason]
    telling = [(n, r) for n, r in bad if r.reason not in EXPECTED]
    flags = [
        Flag(
            "row_set_aside",
            "warn",
            f"record {n} ({r.place}): {in_words(r.reason)}{_why(r)}; set aside",
            file=label,
            row=n,
            column=r.column or None,
        )
        for n, r in telling[:_MAX_FLAGS]
    ]
    if len(telling) > _MAX_FLAGS:
        message = f"{len(telling) - _MAX_FLAGS} further records were set aside; see the ledger"
        flags.append(Flag("rows_set_aside", "warn", message, file=label))
    for reason, count in sorted(Counter(r.reason for _, r in bad if r.reason in EXPECTED).items()):
        message = f"{count} records: {in_words(reason)}; not used"
        flags.append(Flag(reason, "info", message, file=label))
    for code, count in sorted(apart.items()):
        severity: Severity = "warn" if code in {"unclaimed_file", "link"} else "info"
        which = _numbers(unclaimed) if code == _UNCLAIMED and unclaimed else ""
        flags.append(Flag(code, severity, f"{count} {APART[code]}{which}", file=label))
    return flags


def _numbers(unclaimed: Sequence[SourceFile]) -> str:
    shown = ", ".join(str(file.number) for file in unclaimed[:10])
    return f" (in the order of the names: {shown}{', ...' if len(unclaimed) > 10 else ''})"


def _of_contract(table: TableRead, declaration: SourceDeclaration) -> list[str]:
    there = table.frame.collect_schema().names()
    turned = [name for name, sign in declaration.signs.items() if sign == -1 and name in there]
    return [
        *(text for text in table.assumptions if not text.startswith("quantity")),
        *(f"the sign of {name} is turned, as the source declares" for name in turned),
    ]
