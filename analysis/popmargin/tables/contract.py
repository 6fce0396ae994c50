"""The contracts of tables: Frictionless Table Schema files in ``data_schema``, read once."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from popmargin.core.exceptions import WrongUsage
from popmargin.core.resources import resource_path

FieldType = Literal["string", "integer", "number", "datetime"]


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a contract.

    ``required`` a value must stand in every row; ``required_column`` the column must exist but a
    cell may be empty (not measured); ``minimum`` and ``maximum`` bound plausible values;
    ``unit`` as printed (``mm``, ``deg``); ``enum`` the only texts allowed (empty = any).
    """

    name: str
    type: FieldType
    description: str
    unit: str | None
    required: bool
    required_column: bool
    minimum: float | None
    maximum: float | None
    enum: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contract:
    """A table's columns, its key, and whether other columns are kept (as text)."""

    name: str
    version: str
    title: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    keeps_other_columns: bool

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in the order of the contract."""
        return tuple(field.name for field in self.fields)

    def field(self, name: str) -> Field | None:
        """The field of that name, or ``None`` for a column outside the contract."""
        return next((field for field in self.fields if field.name == name), None)


@lru_cache
def find_contract(name: str) -> Contract:
    """Contract of that name from ``data_schema``.

    Raises `WrongUsage` with the list of contracts for an unknown name.

    >>> find_contract("shifts").field("ap_mm").unit
    'mm'
    """
    folder = resource_path("data_schema")
    # What is no table (the packet of a centre) is described by a JSON Schema, *.schema.json.
    known = sorted(path.stem for path in folder.glob("*.json") if "." not in path.stem)
    if name not in known:
        raise WrongUsage(f"no contract '{name}'; there are {', '.join(known)}")
    schema = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return Contract(
        name=schema["name"],
        version=schema["version"],
        title=schema["title"],
        fields=tuple(_field(entry) for entry in schema["fields"]),
        key=tuple(schema.get("primaryKey", ())),
        keeps_other_columns="otherColumns" in schema,
    )


def _field(entry: dict[str, object]) -> Field:
    rules = entry.get("constraints", {})
    if not isinstance(rules, dict):
        raise WrongUsage(f"contract field {entry['name']}: constraints must be an object")
    return Field(
        name=str(entry["name"]),
        type=str(entry["type"]),  # type: ignore[arg-type]
        description=str(entry["description"]),
        unit=str(entry["unit"]) if "unit" in entry else None,
        required=bool(rules.get("required", False)),
        required_column=bool(rules.get("required", False) or rules.get("requiredColumn", False)),
        minimum=rules.get("minimum"),
        maximum=rules.get("maximum"),
        enum=tuple(rules.get("enum", ())),
    )
