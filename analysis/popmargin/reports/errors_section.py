"""Sections on errors: M, systematic and random error, rotations, covariance, centres, anatomy."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from popmargin.core.axes import AXES, AXIS_LABELS, axis_unit
from popmargin.reports.numbers import count, interval_of, number, with_interval
from popmargin.reports.section import Cell, Column, PageTable, Section, text_columns

GROUP_AND_AXIS: Final = (Column("Group", "text"), Column("Axis", "word"))
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
    chosen = [r for r in rows if r["estimator"] == estimator] or rows
    beside = estimator != "conventional" and bool(conventional)
    name = ESTIMATOR_NAMES.get(estimator, estimator)
    columns = [
        *GROUP_AND_AXIS,
        Column("Patients"),
        Column("Fractions"),
        Column("M"),
        Column(f"Σ, {name}"),
        *([Column("Σ, conventional")] if beside else []),
        Column("σ"),
    ]
    return PageTable(
        f"{caption}: value (interval)",
        columns,
        [_errors_row(r, conventional if beside else None) for r in chosen],
        file,
    )


def by_group(table: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows with those of one group together, axes in their usual order."""
    groups = {name: place for place, name in enumerate(table["group"].unique(maintain_order=True))}
    axes = {name: place for place, name in enumerate(AXES)}
    rows = table.rows(named=True)
    return sorted(rows, key=lambda row: (groups[row["group"]], axes.get(row["axis"], len(axes))))


def _errors_row(
    row: Mapping[str, Any], conventional: Mapping[tuple[str, str], Mapping[str, Any]] | None
) -> list[Cell]:
    unit = f"_{axis_unit(row['axis'])}"
    beside = (conventional or {}).get((row["group"], row["axis"]), {})
    return [
        Cell(row["group"]),
        Cell(AXIS_LABELS[row["axis"]]),
        Cell(_patients(row), row["n_patients"]),
        Cell(count(row["n_fractions"]), row["n_fractions"]),
        _quantity(row, "group_mean", unit),
        _quantity(row, "systematic_sd", unit),
        *([] if conventional is None else [_quantity(beside, "systematic_sd", unit)]),
        _quantity(row, "random_sd", unit),
    ]


def _patients(row: Mapping[str, Any]) -> str:
    units, patients = row.get("n_units"), row["n_patients"]
    return count(patients) if units == patients else f"{count(patients)} ({count(units)} plans)"


def _quantity(row: Mapping[str, Any], name: str, unit: str) -> Cell:
    return Cell(interval_of(row, name, unit, digits=2), row.get(f"{name}{unit}"))


def correlations_section(correlations: pl.DataFrame) -> Section:
    """Covariance and correlation between axes."""
    columns = [
        *text_columns("Group", "Error", "Axes"),
        Column("Covariance, mm²"),
        Column("Correlation"),
    ]
    rows = [
        [
            Cell(row["group"]),
            Cell(row["level"]),
            Cell(f"{AXIS_LABELS[row['axis_1']]} and {AXIS_LABELS[row['axis_2']]}"),
            Cell(number(row["covariance_mm2"], 2), row["covariance_mm2"]),
            Cell(_correlation(row), row["correlation"]),
        ]
        for row in correlations.rows(named=True)
        if row["axis_1"] != row["axis_2"]
    ]
    table = PageTable(
        "Covariance and correlation (interval)", columns, rows, "tables/axis_correlations.csv"
    )
    words = (
        "Margins per axis treat the axes one by one. Where errors of two axes go together, a "
        "patient who is off on one axis is off on the other as well."
    )
    return Section("correlations", "Covariance between axes", [words], [table])


def _correlation(row: Mapping[str, Any]) -> str:
    names = ("correlation", "correlation_low", "correlation_high")
    value, low, high = (row[name] for name in names)
    return with_interval(value, low, high, 2, reason=row.get("reason"))


def centres_section(errors: pl.DataFrame) -> Section:
    """Three levels: between centres, between patients of a centre, within patients."""
    columns = [
        *GROUP_AND_AXIS,
        *map(Column, ("Centres", "Patients", "M", "SD of centres", "Σ within centres", "σ")),
    ]
    names = ("group_mean", "centre_sd", "systematic_sd", "random_sd")
    rows = [
        [
            Cell(row["group"]),
            Cell(AXIS_LABELS[row["axis"]]),
            Cell(count(row["n_centres"]), row["n_centres"]),
            Cell(count(row["n_patients"]), row["n_patients"]),
            *(_quantity(row, name, "_mm") for name in names),
        ]
        for row in errors.rows(named=True)
    ]
    table = PageTable(
        "Three levels, mm: value (interval)", columns, rows, "tables/centre_errors.csv"
    )
    return Section("centres", "Centres, patients, fractions", tables=[table])


def anatomy_section(errors: pl.DataFrame) -> Section:
    """Population statistics of measured anatomy."""
    columns = [
        *text_columns("Structure", "Side", "Quantity", "Unit", "Values"),
        *map(Column, ("Patients", "Mean", "SD between patients", "SD within patients")),
    ]
    texts = ("structure", "side", "quantity", "unit", "reference")
    names = ("group_mean", "systematic_sd", "random_sd")
    rows = [
        [
            *(Cell((row[name] or "").replace("_", " ")) for name in texts),
            Cell(count(row["n_patients"]), row["n_patients"]),
            *(_quantity(row, name, "") for name in names),
        ]
        for row in _first_estimator(errors.rows(named=True))
    ]
    table = PageTable("Anatomy: value (interval)", columns, rows, "tables/anatomy_errors.csv")
    return Section("anatomy", "Anatomy", tables=[table])


def _first_estimator(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    present = {row["estimator"] for row in rows}
    chosen = next((name for name in ESTIMATOR_NAMES if name in present), None)
    return [row for row in rows if row["estimator"] == chosen]
