"""What a source declares about itself: nothing that changes a number is ever guessed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from popmargin.core.exceptions import WrongUsage
from popmargin.core.units import factor_to_canonical
from popmargin.tables.contract import Contract

_SEPARATORS = (",", ";", "\t", "|", ":", " ", "^", "~")


@dataclass(frozen=True, slots=True)
class SourceDeclaration:
    """How a table is to be read.

    Parameters
    ----------
    label : name of the source in every result (a file name never appears there).
    table : contract, ``shifts``, ``anatomy``, ``patients`` or ``outcomes``.
    columns : canonical column -> column of the file, where the names differ.
    units : canonical column -> unit in the file (``cm``); canonical unit where not given.
    signs : canonical column -> 1 or -1, applied on reading.
    constants : canonical or grouping column -> one text for every row.
    quantity, timing, modality, surrogate : the value for every row, where no column holds it.
    decimal : ``"."`` or ``","``.  separator : one character; by file ending where ``None``.
    encoding : of a text file.  sheet : of a workbook, the first where ``None``.
    lines_above : lines (rows of a workbook) above the names of the columns, which are left out.
    date_format : strptime format of ``acquired_at``, of a table also several (``"%Y-%m-%d |
        %d.%m.%Y"``); ISO 8601 where ``None``.
    max_set_aside_share : share of rows (0 to 1) that may be set aside before the table is refused.

    >>> SourceDeclaration("clinic A", units={"lr_mm": "cm"}).decimal
    '.'
    """

    label: str
    table: str = "shifts"
    columns: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    signs: Mapping[str, int] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    quantity: str | None = None
    timing: str | None = None
    modality: str | None = None
    surrogate: str | None = None
    decimal: str = "."
    separator: str | None = None
    encoding: str = "utf-8"
    sheet: str | None = None
    lines_above: int = 0
    date_format: str | None = None
    max_set_aside_share: float = 0.05

    def __post_init__(self) -> None:
        """Refuse declarations that cannot be meant."""
        if self.decimal not in {".", ","}:
            raise WrongUsage(
                f"source {self.label}: decimal must be '.' or ',', not {self.decimal!r}"
            )
        if self.separator is not None and self.separator not in _SEPARATORS:
            known = " ".join(repr(mark) for mark in _SEPARATORS)
            raise WrongUsage(
                f"source {self.label}: separator must be one of {known}, not {self.separator!r}"
            )
        if self.separator == self.decimal:
            raise WrongUsage(
                f"source {self.label}: separator and decimal are both {self.decimal!r}"
            )
        if self.lines_above < 0:
            raise WrongUsage(f"source {self.label}: lines_above is 0 or more")
        if any(sign not in (1, -1) for sign in self.signs.values()):
            raise WrongUsage(f"source {self.label}: a sign is 1 or -1")
        if not 0 <= self.max_set_aside_share <= 1:
            raise WrongUsage(f"source {self.label}: max_set_aside_share lies between 0 and 1")

    @property
    def fixed_texts(self) -> dict[str, str]:
        """Columns that hold one declared text in every row."""
        declared = {
            name: getattr(self, name) for name in ("quantity", "timing", "modality", "surrogate")
        }
        return {**self.constants, **{name: text for name, text in declared.items() if text}}

    def check_against(self, contract: Contract) -> None:
        """Refuse a unit or sign that its column cannot have, and one column for two values.

        A misspelt column name would otherwise leave centimetres standing as millimetres.
        """
        for kind, names in (("unit", self.units), ("sign", self.signs)):
            for name in names:
                field_ = contract.field(name)
                if field_ is None or field_.type not in ("number", "integer"):
                    known = ", ".join(f.name for f in contract.fields if f.type == "number")
                    raise WrongUsage(
                        f"source {self.label}: a {kind} is declared for {name}, which is no "
                        f"number of contract {contract.name}; there are {known}"
                    )
        for name, unit in self.units.items():
            factor_to_canonical(unit, contract.field(name).unit)  # type: ignore[union-attr]
        numbers = [c for n, c in self.columns.items() if (f := contract.field(n)) and f.unit]
        twice = sorted({column for column in numbers if numbers.count(column) > 1})
        if twice:
            raise WrongUsage(
                f"source {self.label}: the column {twice[0]!r} is declared for two measured values"
            )

    @classmethod
    def from_config(cls, entry: Mapping[str, Any]) -> Self:
        """Declaration from one entry of a config's ``sources``; other keys are left alone."""
        names = {item.name for item in fields(cls)}
        return cls(
            **{key: value for key, value in entry.items() if key in names and value is not None}
        )
