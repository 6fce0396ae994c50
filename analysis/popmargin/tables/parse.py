"""Turn text columns into typed, canonical columns, with one reason for every row that fails.

All rules are polars expressions, so a table of any size is parsed in one streaming pass. A row is
usable when ``REASON`` is null; otherwise ``REASON`` holds ``code|column``, the first rule it broke.
"""

import polars as pl

from popmargin.core.axes import AXES, axis_column
from popmargin.core.units import factor_to_canonical
from popmargin.tables.contract import Contract, Field
from popmargin.tables.source import SourceDeclaration

REASON = "set_aside_reason"
BAD = "set_aside"
ROW = "source_row"

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
    frame: pl.LazyFrame, contract: Contract, source: SourceDeclaration, present: dict[str, str]
) -> pl.LazyFrame:
    """Canonical columns of ``frame`` plus ``ROW``, ``BAD`` (true or false) and ``REASON``.

    ``BAD`` says the same as ``REASON`` and costs no text, so a large table is judged quickly.

    ``present`` maps canonical column -> column of the file. Signs and units of the declaration are
    applied to the parsed numbers; texts are stripped of surrounding blanks and never inferred.
    """
    schema = frame.collect_schema()
    values: list[pl.Expr] = []
    broken: list[tuple[str, pl.Expr]] = []
    for name, column in present.items():
        field = contract.field(name)
        text = pl.col(column)
        typed = schema[column] != pl.String
        value, rules = _parse(text, typed, field, source, name)
        values.append(value.alias(name))
        broken += [(f"{code}|{name}", rule) for code, rule in rules]
    values += [
        pl.lit(text).alias(name) for name, text in source.fixed_texts.items() if name not in present
    ]
    rules = list(broken)
    if contract.name == "shifts":
        axes = [axis_column(axis) for axis in AXES if axis_column(axis) in present]
        rules.append(
            ("no_axis_measured|", pl.all_horizontal(_empty(present[a], schema) for a in axes))
        )
    reason = pl.coalesce(pl.when(rule).then(pl.lit(code)) for code, rule in rules)
    bad = pl.any_horizontal(rule.fill_null(False) for _, rule in rules)
    indexed = frame.drop(ROW, strict=False).with_row_index(ROW, offset=2)
    return indexed.select(ROW, *values, bad.alias(BAD), reason.alias(REASON))


def _empty(column: str, schema: pl.Schema) -> pl.Expr:
    text = pl.col(column)
    return text.str.strip_chars() == "" if schema[column] == pl.String else text.is_null()


def _parse(
    text: pl.Expr, typed: bool, field: Field | None, source: SourceDeclaration, name: str
) -> tuple[pl.Expr, list[tuple[str, pl.Expr]]]:
    """Value expression and (code, rule that is true when broken) of one column."""
    kind = "string" if field is None else field.type
    clean = text if typed else text.str.strip_chars()
    empty = text.is_null() if typed else clean == ""
    rules = [("missing_value", empty)] if field is not None and field.required else []
    if kind == "string":
        value = text.cast(pl.String) if typed else clean
        value = pl.when(~empty).then(value)
        if field is not None and field.enum:
            rules.append(("unknown_value", value.is_not_null() & ~value.is_in(list(field.enum))))
        return value, rules
    if kind == "datetime":
        return _parse_datetime(text, clean, typed, empty, source, rules)
    number = text.cast(pl.Float64) if typed else _number(clean, source.decimal)
    rules += [
        ("not_a_number", ~empty & number.is_null()),
        ("not_finite", number.is_not_null() & ~number.is_finite()),
    ]
    factor = factor_to_canonical(source.units[name]) if name in source.units else 1.0
    factor *= source.signs.get(name, 1)
    # A factor of exactly 1 must leave the number untouched to the last bit.
    value = number if factor == 1.0 else number * factor
    if field is not None and field.minimum is not None:
        rules.append(("out_of_range", number.is_finite() & (value < field.minimum)))
    if field is not None and field.maximum is not None:
        rules.append(("out_of_range", number.is_finite() & (value > field.maximum)))
    if kind == "integer":
        rules.append(("not_whole", number.is_finite() & (number != number.round())))
        value = value.cast(pl.Int64, strict=False)
    return value, rules


def _number(clean: pl.Expr, decimal: str) -> pl.Expr:
    if decimal == ",":
        # A point in a decimal-comma table is a thousands mark or a mistake: never guessed.
        clean = pl.when(~clean.str.contains(".", literal=True)).then(
            clean.str.replace(",", ".", literal=True)
        )
    return clean.cast(pl.Float64, strict=False)


def _parse_datetime(
    text: pl.Expr,
    clean: pl.Expr,
    typed: bool,
    empty: pl.Expr,
    source: SourceDeclaration,
    rules: list[tuple[str, pl.Expr]],
) -> tuple[pl.Expr, list[tuple[str, pl.Expr]]]:
    if typed:
        return text.cast(pl.Datetime("us")), rules
    if source.date_format is not None:
        value = clean.str.to_datetime(source.date_format, strict=False, time_unit="us")
    else:
        value = pl.coalesce(
            clean.str.replace("T", " ", literal=True).str.to_datetime(
                pattern, strict=False, time_unit="us"
            )
            for pattern in ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d")
        )
    return value, [*rules, ("not_a_date", ~empty & value.is_null())]
