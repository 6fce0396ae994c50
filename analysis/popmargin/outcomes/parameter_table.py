"""Reading the packaged tables of parameter sets into records."""

from dataclasses import fields
from functools import cache
from typing import Any

from popmargin.core.exceptions import RefusedInput, WrongUsage
from popmargin.core.resources import csv_rows, resource_path


@cache
def parameter_rows(table: str) -> tuple[dict[str, str], ...]:
    """Rows of ``reference/<table>``, as text.

    Raises
    ------
    FileNotFoundError
        When the installation is incomplete.

    Examples
    --------
    >>> parameter_rows("tcp_parameters.csv")[4]["label"]
    'prostate_logistic'
    """
    return csv_rows(resource_path("reference", table))


def usable_labels(table: str) -> tuple[str, ...]:
    """Labels of the rows that may be used, in the order of the table.

    Examples
    --------
    >>> "rectum_mixed" in usable_labels("ntcp_parameters.csv")
    False
    """
    return tuple(row["label"] for row in parameter_rows(table) if not row["refused_because"])


def usable_row(table: str, label: str) -> dict[str, str]:
    """The row with this label.

    Raises
    ------
    RefusedInput
        When the row exists but must not be used; the reason is the table's.
    WrongUsage
        When there is no such label; the message lists those that exist.

    Examples
    --------
    >>> usable_row("ntcp_parameters.csv", "rectum_quantec")["n"]
    '0.09'
    """
    labels = ", ".join(usable_labels(table))
    for row in parameter_rows(table):
        if row["label"] == label:
            if row["refused_because"]:
                raise RefusedInput(
                    f"{table}, set {label}",
                    "a complete parameter set of one source",
                    row["refused_because"],
                    f"use one of {labels}",
                )
            return row
    raise WrongUsage(f"label: no parameter set {label!r}; there are {labels}")


def field_values(row: dict[str, str], record: type[Any]) -> dict[str, Any]:
    """Cells of a row as the fields of a dataclass: text as it is, numbers as float, empty as None.

    Examples
    --------
    >>> from dataclasses import make_dataclass
    >>> field_values({"a": "x", "b": "1.5"}, make_dataclass("R", [("a", str), ("b", float)]))
    {'a': 'x', 'b': 1.5}
    """
    values: dict[str, Any] = {}
    for field in fields(record):
        cell = row[field.name]
        values[field.name] = cell if field.type is str else float(cell) if cell else None
    return values
