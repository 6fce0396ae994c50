"""The declared error components of a study, as its rules hand them on."""

from pathlib import Path

from popmargin.margins.declared_components import components_of_rows
from popmargin.margins.error_budget import ErrorComponent
from popmargin.tables.result import read_result


def read_components(path: str | Path) -> list[ErrorComponent]:
    """Components of a table after the contract ``error_budget``.

    Raises `RefusedInput` when the file is no such table, `OutOfRange` for an impossible component.
    """
    return components_of_rows(read_result(path, "error_budget").to_dicts())
