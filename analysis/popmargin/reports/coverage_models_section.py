"""Section on what the margins cover under other models of the errors and of the target."""

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from popmargin.core.axes import AXIS_LABELS, TRANSLATIONS
from popmargin.reports.coverage_section import target_words, whole_percent
from popmargin.reports.numbers import number, percent, reason_text, with_interval
from popmargin.reports.section import Cell, Column, PageTable, Section, text_columns

Row = Mapping[str, Any]
_DASH: Final = "\N{EN DASH}"
_ERRORS: Final = {
    "normal": "normal, one σ for all",
    "own_random_sd": "normal, own σ of each patient",
    "logged": "resampled from the logged patients",
}
_KINDS: Final = {"present": "margin in use", "solved": "equal margin for the wanted share"}


def coverage_models_section(coverage_models: pl.DataFrame) -> Section:
    """The same margins with measured errors, own random SDs, and the true shape of the CTV.

    Parameters: a table after the contract ``coverage_models``.
    """
    rows = coverage_models.rows(named=True)
    first = rows[0]
    words = (
        "The coverages above take errors as normal, one σ for all patients, and the CTV as a ball. "
        f"Here one of these is given up at a time, for {target_words(first)} or the contoured "
        f"structure that is named; {percent(first['population'])} of patients are wanted. "
        "Resampled patients keep the shape of their logged errors, and their means keep a share of "
        "the random error; their interval is that of as many patients as were logged. A contoured "
        "CTV ends half a slice beyond its first and last contour."
    )
    columns = [
        *text_columns("Group", "Errors", "CTV", "Margin", "Covers"),
        *(Column(AXIS_LABELS[axis]) for axis in TRANSLATIONS),
        *map(Column, ("Patients covered", "Standard error of the simulation")),
    ]
    body = [
        [
            Cell(row["group"]),
            Cell(_ERRORS[row["model"]]),
            Cell(row["shape"]),
            Cell(_KINDS.get(row["kind"]) or row["recipe"] or _DASH),
            Cell(row["covers"]),
            *(_margin(row, axis) for axis in TRANSLATIONS),
            Cell(_share(row), row["coverage"]),
            Cell(_error(row), row["coverage_standard_error"]),
        ]
        for row in rows
    ]
    table = PageTable(
        "Coverage under other models; margins in mm", columns, body, "tables/coverage_models.csv"
    )
    return Section("coverage-models", "Coverage under other models", [words], [table])


def _margin(row: Row, axis: str) -> Cell:
    value = row[f"margin_{axis}_mm"]
    if row["kind"] == "solved" and value is not None:
        return Cell(with_interval(value, row["margin_low_mm"], row["margin_high_mm"]), value)
    return Cell(number(value, missing=_DASH), value)


def _share(row: Row) -> str:
    if row["coverage"] is None:
        return reason_text(row["reason"])
    low, high = row["coverage_low"], row["coverage_high"]
    limits = "" if low is None else f" ({whole_percent(low)} to {whole_percent(high)})"
    return f"{whole_percent(row['coverage'])}{limits}"


def _error(row: Row) -> str:
    error = row["coverage_standard_error"]
    return _DASH if error is None else f"{100.0 * error:.1f} %"
