"""Section on dose-volume histograms: what they predict, what was seen, what was fitted."""

import polars as pl

from popmargin.reports.columns import Field, Row, counted, made, share, table_of, text
from popmargin.reports.numbers import DASH, count, number, reason_text, with_interval
from popmargin.reports.outcome_section import banded_share
from popmargin.reports.section import Section


def dose_section(dose_responses: pl.DataFrame) -> Section:
    """Doses, predicted and observed complication. Parameters: contract ``dose_responses``."""
    words = (
        "Dose-volume histograms of the plans, without set-up errors. Predicted: mean over patients "
        "of a published model, with the band of its published limits. Observed: share of patients "
        "with exact limits; a patient whose observation ended early counts as free of the event. "
        "Where the two disagree, technique, scoring and follow-up may differ as well as dose."
    )
    table = table_of(
        "Predicted and observed",
        dose_responses.rows(named=True),
        [
            text("Structure", "structure"),
            counted("Patients", "n_patients"),
            _banded("Mean dose, Gy", "mean_dose", "_gy", 1),
            banded_share("Predicted, %", "ntcp"),
            text("Set", lambda row: ": ".join(filter(None, (row["ntcp_set"], row["status"])))),
            text("Endpoint", _endpoint),
            made("Events", _of, "n_events"),
            share("Observed, %", "observed"),
        ],
        "tables/dose_responses.csv",
    )
    return Section("dose", "Dose-volume histograms and complication", [words], [table])


def fits_section(ntcp_fits: pl.DataFrame) -> Section:
    """Parameters fitted to the study's own patients. Parameters: contract ``ntcp_fits``."""
    words = (
        "Lyman-Kutcher-Burman parameters of maximum likelihood with profile limits. A limit that "
        "is missing is open: these patients do not bound the parameter on that side. The three "
        "numbers belong together and to these patients' technique and scoring."
    )
    table = table_of(
        "Own parameters",
        ntcp_fits.rows(named=True),
        [
            text("Structure", "structure"),
            text("Endpoint", _endpoint),
            made("Events", _of, "n_events"),
            _banded("n", "n", "", 3),
            _banded("m", "m", "", 3),
            _banded("TD50, Gy", "td50", "_gy", 1),
            text("Doses", "dose_convention"),
        ],
        "tables/ntcp_fits.csv",
    )
    return Section("fits", "Complication parameters of the study's own patients", [words], [table])


def _banded(title: str, name: str, unit: str, digits: int) -> Field:
    """A number with its interval, of which an end may be open."""

    def banded(row: Row) -> str:
        value, low, high = (row[f"{name}{end}{unit}"] for end in ("", "_low", "_high"))
        if value is None:
            return reason_text(row["reason"])
        if low is not None and high is not None:
            return with_interval(value, low, high, digits)
        ends = (number(end, digits, missing="open") for end in (low, high))
        return f"{number(value, digits)} ({' to '.join(ends)})"

    return made(title, banded, f"{name}{unit}")


def _endpoint(row: Row) -> str | None:
    grade = row["grade_at_least"]
    said = f", grade {grade} or above" if grade else ""
    return None if row["endpoint"] is None else f"{row['endpoint']}{said}"


def _of(row: Row) -> str:
    total = row.get("n_observed", row["n_patients"])
    return DASH if row["n_events"] is None else f"{row['n_events']} of {count(total)}"
