"""Section on dose-volume histograms: what they predict, what was seen, what was fitted."""

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from popmargin.reports.numbers import count, number, reason_text, with_interval
from popmargin.reports.observed_section import percents
from popmargin.reports.section import Cell, Column, PageTable, Section, text_columns

Row = Mapping[str, Any]
_DASH: Final = "\N{EN DASH}"


def dose_section(dose_responses: pl.DataFrame) -> Section:
    """Doses, predicted and observed complication. Parameters: contract ``dose_responses``."""
    words = (
        "Dose-volume histograms of the plans, without set-up errors. Predicted: mean over patients "
        "of a published model, with the band of its published limits. Observed: share of patients "
        "with exact limits; a patient whose observation ended early counts as free of the event. "
        "Where the two disagree, technique, scoring and follow-up may differ as well as dose."
    )
    columns = [
        *text_columns("Structure"),
        *map(Column, ("Patients", "Mean dose, Gy", "Predicted, %")),
        *text_columns("Set"),
        *text_columns("Endpoint"),
        *map(Column, ("Events", "Observed, %")),
    ]
    body = [
        [
            Cell(row["structure"]),
            Cell(count(row["n_patients"]), row["n_patients"]),
            Cell(_banded(row, "mean_dose", "_gy", 1), row["mean_dose_gy"]),
            Cell(_predicted(row), row["ntcp"]),
            Cell(_words(row["ntcp_set"], row["status"])),
            Cell(_endpoint(row)),
            Cell(_of(row), row["n_events"]),
            Cell(percents(row, "observed"), row["observed"]),
        ]
        for row in dose_responses.rows(named=True)
    ]
    table = PageTable("Predicted and observed", columns, body, "tables/dose_responses.csv")
    return Section("dose", "Dose-volume histograms and complication", [words], [table])


def fits_section(ntcp_fits: pl.DataFrame) -> Section:
    """Parameters fitted to the study's own patients. Parameters: contract ``ntcp_fits``."""
    words = (
        "Lyman-Kutcher-Burman parameters of maximum likelihood with profile limits. A limit that "
        "is missing is open: these patients do not bound the parameter on that side. The three "
        "numbers belong together and to these patients' technique and scoring."
    )
    columns = [
        *text_columns("Structure", "Endpoint"),
        *map(Column, ("Events", "n", "m", "TD50, Gy")),
        *text_columns("Doses"),
    ]
    body = [
        [
            Cell(row["structure"]),
            Cell(_endpoint(row)),
            Cell(_of(row), row["n_events"]),
            Cell(_banded(row, "n", "", 3), row["n"]),
            Cell(_banded(row, "m", "", 3), row["m"]),
            Cell(_banded(row, "td50", "_gy", 1), row["td50_gy"]),
            Cell(row["dose_convention"] or _DASH),
        ]
        for row in ntcp_fits.rows(named=True)
    ]
    table = PageTable("Own parameters", columns, body, "tables/ntcp_fits.csv")
    return Section("fits", "Complication parameters of the study's own patients", [words], [table])


def _banded(row: Row, name: str, unit: str, digits: int) -> str:
    value, low, high = (row[f"{name}{end}{unit}"] for end in ("", "_low", "_high"))
    if value is None:
        return reason_text(row["reason"])
    if low is not None and high is not None:
        return with_interval(value, low, high, digits)
    ends = (number(end, digits, missing="open") for end in (low, high))
    return f"{number(value, digits)} ({' to '.join(ends)})"


def _predicted(row: Row) -> str:
    if row["ntcp"] is None:
        return _DASH
    if row["ntcp_low"] is None:
        return f"{number(100.0 * row['ntcp'])} (no band)"
    return percents(row, "ntcp")


def _endpoint(row: Row) -> str:
    if row["endpoint"] is None:
        return _DASH
    grade = row["grade_at_least"]
    return str(row["endpoint"]) + (f", grade {grade} or above" if grade else "")


def _of(row: Row) -> str:
    total = row.get("n_observed", row["n_patients"])
    return _DASH if row["n_events"] is None else f"{row['n_events']} of {count(total)}"


def _words(*parts: str | None) -> str:
    return ": ".join(part for part in parts if part) or _DASH
