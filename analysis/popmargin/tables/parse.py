"""Turn text columns into typed, canonical columns, with one reason for every row that fails.

All rules are polars expressions, so a table of any size is parsed in one streaming pass. A row is
usable when ``REASON`` is null; otherwise ``REASON`` holds ``code|column``, the first rule it broke.
"""

import polars as pl

from popmargin.core.axes import AXES, axis_column
from popmargin.core.units import factor_to_canonical
from popmargin.tables.column import (
    Column,
    as_number,
    is_empty,
    number_column,
    stripped,
    text_column,
    time_column,
)
from popmargin.tables.contract import Contract
from popmargin.tables.source import SourceDeclaration

# No column of a file that is carried along may be called the same.
REASON = "_set_aside_reason"
BAD = "_set_aside"
ROW = "source_row"
BLANK = "blank_row"
# Marks columns of the frame that hold a declared text, not cells of the file.
CONSTANT = "declared constant "
_INDEX, _CELL, _NUMBER = "row of ", "cell of ", "number of "

REASONS = {
    "missing_value": "a required value is empty",
    "not_a_number": "the text is no number",
    "not_finite": "the number is infinite or not a number",
    "out_of_range": "the number is outside the plausible range of the contract",
    "not_whole": "the number is not whole",
    "unknown_value": "the text is none of the allowed values",
    "not_a_date": "the text is no date and time of the declared format",
    "no_axis_measured": "no position is measured on any axis",
    "duplicate_row": "the row repeats another row in key and values",
    "conflicting_duplicate": "rows with the same key hold different values: none can be trusted",
}


def parse_columns(
    frame: pl.LazyFrame,
    contract: Contract,
    source: SourceDeclaration,
    present: dict[str, str],
    *,
    rows_above: int = 0,
) -> pl.LazyFrame:
    """Canonical columns of ``frame`` plus ``ROW``, ``BAD`` (true or false) and ``REASON``.

    ``BAD`` says the same as ``REASON`` and costs no text, so a large table is judged quickly.

    ``present`` maps canonical column -> column of ``frame``. Units and signs of the declaration
    are applied to the parsed numbers; texts are stripped of surrounding blanks, never inferred.
    A row of a text table in which every cell is empty has the reason ``BLANK``. ``rows_above``
    counts the rows of the table that stand above those of ``frame``.
    """
    schema = frame.collect_schema()
    numbered = frame.with_row_index(_INDEX, offset=2 + rows_above)
    prepared = _prepared(numbered, contract, source, present)
    columns = {
        name: _column(name, schema[column], contract, source) for name, column in present.items()
    }
    rules = [
        (f"{code}|{name}", rule) for name, column in columns.items() for code, rule in column.rules
    ]
    bad = [rule for column in columns.values() for rule in column.bad]
    if contract.name == "shifts":
        axes = [axis_column(axis) for axis in AXES if axis_column(axis) in present]
        nothing = (is_empty(pl.col(_CELL + a), schema[present[a]]) for a in axes)
        rules.append(("no_axis_measured|", pl.all_horizontal(nothing)))
        bad.append(rules[-1][1])
    cells = {name: dtype for name, dtype in schema.items() if not name.startswith(CONSTANT)}
    if all(dtype == pl.String for dtype in cells.values()):
        blank = (is_empty(pl.col(name).str.strip_chars(), pl.String()) for name in cells)
        rules.insert(0, (f"{BLANK}|", pl.all_horizontal(blank)))
    reason = pl.coalesce(pl.when(rule).then(pl.lit(code)) for code, rule in rules)
    broken = pl.any_horizontal(rule.fill_null(False) for rule in bad)
    values = [column.value.alias(name) for name, column in columns.items()]
    return prepared.select(_INDEX, *values, broken.alias(BAD), reason.alias(REASON)).rename(
        {_INDEX: ROW}
    )


def _prepared(
    frame: pl.LazyFrame, contract: Contract, source: SourceDeclaration, present: dict[str, str]
) -> pl.LazyFrame:
    """The frame with cells without surrounding blanks, and numbers of texts.

    Each is a column of its own: polars would work an expression out anew in every rule.
    """
    schema = frame.collect_schema()
    texts = [name for name, column in present.items() if schema[column] == pl.String]
    fields = {name: contract.field(name) for name in present}
    numbers = [n for n, field in fields.items() if field and field.type in ("number", "integer")]
    cells = [
        (stripped(pl.col(column)) if name in texts else pl.col(column)).alias(_CELL + name)
        for name, column in present.items()
    ]
    floats = [
        (
            as_number(pl.col(_CELL + name), source.decimal)
            if name in texts
            else pl.col(_CELL + name).cast(pl.Float64)
        ).alias(_NUMBER + name)
        for name in numbers
    ]
    return frame.with_columns(cells).with_columns(floats)


def _column(
    name: str,
    dtype: pl.DataType,
    contract: Contract,
    source: SourceDeclaration,
) -> Column:
    field = contract.field(name)
    cell = pl.col(_CELL + name)
    if field is None or field.type == "string":
        return text_column(cell, dtype, field)
    if field.type == "datetime":
        return time_column(cell, dtype, source.date_format)
    unit = source.units.get(name)
    factor = 1.0 if unit is None else factor_to_canonical(unit, field.unit)
    factor *= source.signs.get(name, 1)
    return number_column(cell, pl.col(_NUMBER + name), dtype, field, factor)
