"""Sections on errors: M, systematic and random error, rotations, covariance, centres, anatomy."""

from typing import Any, Final

import polars as pl

from popmargin.core.axes import AXES, AXIS_LABELS
from popmargin.reports.columns import (
    Row,
    axis,
    counted,
    estimate,
    looked_up,
    made,
    named,
    own_unit,
    plain,
    table_of,
    text,
)
from popmargin.reports.numbers import NOT_ESTIMABLE, count
from popmargin.reports.section import PageTable, Section

ESTIMATOR_NAMES: Final = {
    "anova": "analysis of variance",
    "reml": "restricted maximum likelihood",
    "conventional": "conventional",
}


def errors_section(errors: pl.DataFrame, estimator: str = "anova") -> Section:
    """Population errors of translations: the chosen estimator, the conventional one beside it."""
    return Section(
        "errors",
        "Population errors",
        paragraphs=[
            "M is the group mean, Σ the systematic error (SD between patients), σ the random "
            "error (SD within patients); in brackets the interval. The conventional Σ is the "
            "plain SD of the patient means: it contains a share of the random error that depends "
            "on how many fractions were imaged, and its interval is for that sum."
        ],
        tables=[
            _errors_table(errors, estimator, "Translations, mm", "tables/population_errors.csv")
        ],
    )


def rotations_section(errors: pl.DataFrame, estimator: str = "anova") -> Section:
    """Population errors of rotations."""
    table = _errors_table(errors, estimator, "Rotations, degrees", "tables/rotation_errors.csv")
    return Section("rotations", "Rotations", tables=[table])


def _errors_table(errors: pl.DataFrame, estimator: str, caption: str, file: str) -> PageTable:
    rows = by_group(errors)
    conventional = {(r["group"], r["axis"]): r for r in rows if r["estimator"] == "conventional"}
    beside = estimator != "conventional" and bool(conventional)
    usual = looked_up(
        estimate("Σ, conventional", "systematic_sd", own_unit),
        lambda row: conventional.get((row["group"], row["axis"])),
    )
    return table_of(
        f"{caption}: value (interval)",
        [row for row in rows if row["estimator"] == estimator] or rows,
        [
            text("Group", "group"),
            axis(),
            made("Patients", _patients, "n_patients"),
            counted("Fractions", "n_fractions"),
            estimate("M", "group_mean", own_unit),
            estimate(f"Σ, {ESTIMATOR_NAMES.get(estimator, estimator)}", "systematic_sd", own_unit),
            *([usual] if beside else []),
            estimate("σ", "random_sd", own_unit),
        ],
        file,
    )


def _patients(row: Row) -> str:
    units, patients = row.get("n_units"), row["n_patients"]
    return count(patients) if units == patients else f"{count(patients)} ({count(units)} plans)"


def by_group(table: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows with those of one group together, axes in their usual order."""
    groups = {name: place for place, name in enumerate(table["group"].unique(maintain_order=True))}
    axes = {name: place for place, name in enumerate(AXES)}
    rows = table.rows(named=True)
    return sorted(rows, key=lambda row: (groups[row["group"]], axes.get(row["axis"], len(axes))))


def correlations_section(correlations: pl.DataFrame) -> Section:
    """Covariance and correlation between axes."""
    words = (
        "Margins per axis treat the axes one by one. Where errors of two axes go together, a "
        "patient who is off on one axis is off on the other as well."
    )
    table = table_of(
        "Covariance and correlation (interval)",
        correlations.filter(pl.col("axis_1") != pl.col("axis_2")).rows(named=True),
        [
            text("Group", "group"),
            text("Error", "level"),
            text("Axes", lambda row: " and ".join(AXIS_LABELS[row[f"axis_{n}"]] for n in (1, 2))),
            plain("Covariance, mm²", "covariance_mm2", 2, missing=NOT_ESTIMABLE),
            estimate("Correlation", "correlation", ""),
        ],
        "tables/axis_correlations.csv",
    )
    return Section("correlations", "Covariance between axes", [words], [table])


def centres_section(errors: pl.DataFrame) -> Section:
    """Three levels: between centres, between patients of a centre, within patients."""
    table = table_of(
        "Three levels, mm: value (interval)",
        errors.rows(named=True),
        [
            text("Group", "group"),
            axis(),
            counted("Centres", "n_centres"),
            counted("Patients", "n_patients"),
            estimate("M", "group_mean"),
            estimate("SD of centres", "centre_sd"),
            estimate("Σ within centres", "systematic_sd"),
            estimate("σ", "random_sd"),
        ],
        "tables/centre_errors.csv",
    )
    return Section("centres", "Centres, patients, fractions", tables=[table])


def anatomy_section(errors: pl.DataFrame) -> Section:
    """Population statistics of measured anatomy."""
    present = set(errors["estimator"])
    chosen = next((name for name in ESTIMATOR_NAMES if name in present), None)
    table = table_of(
        "Anatomy: value (interval)",
        [row for row in errors.rows(named=True) if row["estimator"] == chosen],
        [
            named("Structure", "structure", missing=""),
            named("Side", "side", missing=""),
            named("Quantity", "quantity", missing=""),
            named("Unit", "unit", missing=""),
            named("Values", "reference", missing=""),
            counted("Patients", "n_patients"),
            estimate("Mean", "group_mean", ""),
            estimate("SD between patients", "systematic_sd", ""),
            estimate("SD within patients", "random_sd", ""),
        ],
        "tables/anatomy_errors.csv",
    )
    return Section("anatomy", "Anatomy", tables=[table])
