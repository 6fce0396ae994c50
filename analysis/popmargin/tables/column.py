"""Turn one column into typed values, with the rules that say which of its cells cannot be used.

A rule is a code (see `popmargin.tables.parse.REASONS`) and an expression that is true where the
cell breaks it. ``bad`` is true where any rule is broken; it is put together from fewer steps than
the rules, so that a table without faults is judged quickly.
"""

import math
from dataclasses import dataclass
from typing import Final

import polars as pl

from popmargin.tables.contract import Field
from popmargin.tables.text_views import surely_bare

_LARGEST: Final = 1.7976931348623157e308
# Beyond it a float no longer tells one whole number from the next.
_LARGEST_WHOLE: Final = 2.0**53
_ISO_FORMATS: Final = (
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%Y%m%d %H%M%S",
    "%Y%m%d",
)
_ISO_ZONED: Final = ("%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%d %H:%M%#z")
# Between the formats of a column of dates that somebody wrote in several ways.
FORMATS_APART: Final = " | "

Rule = tuple[str, pl.Expr]


@dataclass(frozen=True, slots=True)
class Column:
    """Values of a column, its rules in the order in which they count, and ``bad``."""

    value: pl.Expr
    rules: tuple[Rule, ...]
    bad: tuple[pl.Expr, ...]


def text_column(cell: pl.Expr, dtype: pl.DataType, field: Field | None) -> Column:
    """Texts, never inferred; empty becomes null. ``cell`` has no surrounding blanks."""
    clean = cell if dtype == pl.String else cell.cast(pl.String)
    empty = is_empty(clean, pl.String())
    # Where a text is required an empty one is set aside: it need not become null first.
    required = field is not None and field.required
    value = clean if required else pl.when(~empty).then(clean)
    rules: list[Rule] = [("missing_value", empty)] if required else []
    if field is not None and field.enum:
        rules.append(("unknown_value", ~empty & ~clean.is_in(list(field.enum))))
    return Column(value, tuple(rules), tuple(rule for _, rule in rules))


def number_column(
    cell: pl.Expr, number: pl.Expr, dtype: pl.DataType, field: Field, factor: float
) -> Column:
    """Numbers times ``factor`` (unit and sign), within the range of the field.

    ``number`` is ``cell`` as a float: null where the cell is empty or no number.
    """
    empty = is_empty(cell, dtype)
    # A factor of exactly 1 must leave the number untouched to the last bit.
    value = number if factor == 1.0 else number * factor
    largest = _LARGEST_WHOLE if field.type == "integer" else _LARGEST
    low = -largest if field.minimum is None else field.minimum
    high = largest if field.maximum is None else field.maximum
    if dtype == pl.Int64 and field.type == "integer" and factor == 1.0:
        # Whole numbers are compared as they are: no column of floats is made of them.
        inside = cell.is_between(math.ceil(low), math.floor(high))
    else:
        inside = value.is_between(low, high)
    rules: list[Rule] = [("missing_value", empty)] if field.required else []
    # NaN and infinite numbers lie in no range: ``inside`` finds them too.
    bad = [*(rule for _, rule in rules), ~inside]
    if dtype == pl.String:
        rules.append(("not_a_number", ~empty & number.is_null()))
        bad.append(rules[-1][1])
    rules += [("not_finite", ~number.is_finite()), ("out_of_range", ~inside)]
    if field.type == "integer":
        value = (cell if dtype.is_integer() else value).cast(pl.Int64, strict=False)
        if not dtype.is_integer():
            rules.append(("not_whole", number != number.round()))
            bad.append(rules[-1][1])
    return Column(value, tuple(rules), tuple(bad))


def time_column(cell: pl.Expr, dtype: pl.DataType, date_format: str | None) -> Column:
    """Dates and times; a time zone, where given, is turned into universal time.

    ``date_format`` may hold several formats, parted by `FORMATS_APART`: a cell has the moment on
    which those that it fits agree, and none where they do not.
    """
    if dtype != pl.String:
        zoned = isinstance(dtype, pl.Datetime) and dtype.time_zone is not None
        moment = cell.dt.convert_time_zone("UTC").dt.replace_time_zone(None) if zoned else cell
        return Column(moment.cast(pl.Datetime("us")), (), ())
    if date_format is not None:
        found = [_moments(cell, pattern) for pattern in date_format.split(FORMATS_APART)]
        agree = pl.min_horizontal(found) == pl.max_horizontal(found)
        value = found[0] if len(found) == 1 else pl.when(agree).then(pl.min_horizontal(found))
    else:
        iso = cell.str.replace("T", " ", literal=True)
        value = pl.coalesce(
            *(_moments(iso, pattern) for pattern in _ISO_FORMATS),
            *(_moments(iso, pattern).dt.replace_time_zone(None) for pattern in _ISO_ZONED),
        )
    wrong = ~is_empty(cell, dtype) & value.is_null()
    return Column(value, (("not_a_date", wrong),), (wrong,))


def is_empty(cell: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Whether a cell without surrounding blanks holds nothing; true or false, never null."""
    return (cell == "").fill_null(True) if dtype == pl.String else cell.is_null()


def stripped(cell: pl.Expr) -> pl.Expr:
    """Texts without surrounding blanks."""
    return cell.map_batches(_stripped, return_dtype=pl.String, is_elementwise=True)


def _stripped(cells: pl.Series) -> pl.Series:
    """As ``str.strip_chars``, faster where nothing is to be stripped."""
    return cells if surely_bare(cells) or _bare(cells) else cells.str.strip_chars()


def _bare(cells: pl.Series) -> bool:
    """Whether every text begins and ends with a visible ASCII character, so that none is blank."""
    if (cells < "!").any() or (cells > "~").any():
        return False
    last = cells.cast(pl.Binary).bin.get(-1, null_on_oob=True)
    return not ((last < 0x21) | (last > 0x7E)).any()


def as_number(clean: pl.Expr, decimal: str) -> pl.Expr:
    """Text as a float; null where it is no number with that decimal mark."""
    if decimal == ",":
        # A point in a decimal-comma table is a thousands mark or a mistake: never guessed.
        clean = pl.when(~clean.str.contains(".", literal=True)).then(
            clean.str.replace(",", ".", literal=True)
        )
    return clean.cast(pl.Float64, strict=False)


def _moments(text: pl.Expr, pattern: str) -> pl.Expr:
    return text.str.to_datetime(pattern, strict=False, time_unit="us")
