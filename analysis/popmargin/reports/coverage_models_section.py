"""Section on what the margins cover under other models of the errors and of the target."""

from typing import Final

import polars as pl

from popmargin.core.axes import AXIS_LABELS, TRANSLATIONS
from popmargin.reports.columns import Field, Row, made, per_cent, table_of, text
from popmargin.reports.coverage_section import covered_text, target_words
from popmargin.reports.numbers import DASH, number, percent, with_interval
from popmargin.reports.section import Section

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
    table = table_of(
        "Coverage under other models; margins in mm",
        rows,
        [
            text("Group", "group"),
            text("Errors", "model", _ERRORS),
            text("CTV", "shape"),
            text("Margin", lambda row: _KINDS.get(row["kind"]) or row["recipe"]),
            text("Covers", "covers"),
            *(_margin_on(axis) for axis in TRANSLATIONS),
            made("Patients covered", covered_text, "coverage"),
            per_cent("Standard error of the simulation", "coverage_standard_error"),
        ],
        "tables/coverage_models.csv",
    )
    return Section("coverage-models", "Coverage under other models", [words], [table])


def _margin_on(axis: str) -> Field:
    """The margin on one axis; where it was solved for, with the limits of the equal margin."""
    name = f"margin_{axis}_mm"

    def margin(row: Row) -> str:
        if row["kind"] == "solved" and row[name] is not None:
            return with_interval(row[name], row["margin_low_mm"], row["margin_high_mm"])
        return number(row[name], missing=DASH)

    return made(AXIS_LABELS[axis], margin, name)
