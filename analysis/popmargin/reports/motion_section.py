"""Sections on motion: within fractions, breathing, strategies against it."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from popmargin.core.axes import AXIS_LABELS
from popmargin.reports.numbers import count, interval_of, number
from popmargin.reports.section import Cell, Column, PageTable, Section, text_columns

Row = Mapping[str, Any]


def intrafraction_section(motion: pl.DataFrame) -> Section:
    """Motion between the images of a fraction; a table after ``intrafraction_motion``."""
    columns = [
        *text_columns("Group", "Matched on"),
        Column("Axis", "word"),
        *map(
            Column,
            (
                "Patients", "Fractions", "Minutes", "M, mm", "Σ, mm", "σ, mm",
                "Share in Σ, %", "Share in σ, %", "Drift, mm/min", "Walk, mm²/min", "Fidgets",
            ),
        ),
        *text_columns("Not estimable"),
    ]  # fmt: skip
    rows = [
        [
            Cell(row["group"]),
            Cell(row["surrogate"].replace("_", " ")),
            Cell(AXIS_LABELS[row["axis"]]),
            _count(row, "n_patients"),
            _count(row, "n_fractions"),
            Cell(number(row["minutes_mean"], 1, missing="no times"), row["minutes_mean"]),
            *(_value(row, name, "_mm") for name in ("group_mean", "systematic_sd", "random_sd")),
            *(_percent(row, name) for name in ("systematic_share", "random_share")),
            _value(row, "drift", "_mm_per_min"),
            _value(row, "walk", "_mm2_per_min"),
            _count(row, "n_fidgets"),
            Cell(row["reason"] or "\N{EN DASH}"),
        ]
        for row in motion.rows(named=True)
    ]
    words = (
        "Displacement from the first to the last image of a fraction. Half of it, the mean "
        "position during a beam of steady motion, joins the errors: the shares say how much of Σ² "
        "and σ² it then makes up. The walk is the growth of the variance per minute. Rows "
        "relative to bone are the organ's own motion, those of bone the patient's. Rows of traces "
        "follow the mean position over blocks of some seconds, breathing averaged out; a trace "
        "says nothing of set-up, so it has no share."
    )
    table = PageTable(
        "Motion within fractions: value (interval)", columns, rows,
        "tables/intrafraction_motion.csv",
    )  # fmt: skip
    return Section("intrafraction", "Motion within fractions", [words], [table])


def reimaging_section(reimaging: pl.DataFrame) -> Section:
    """Longest interval between images; a table after ``reimaging``."""
    columns = [
        *text_columns("Group", "Matched on"),
        Column("Axis", "word"),
        *map(Column, ("Tolerance, mm", "Interval, min")),
        *text_columns("Remark"),
    ]
    rows = [
        [
            Cell(row["group"]),
            Cell(row["surrogate"].replace("_", " ")),
            Cell(AXIS_LABELS[row["axis"]]),
            Cell(number(row["tolerance_mm"], 1), row["tolerance_mm"]),
            Cell(interval_of(row | {"reason": row["reason"]}, "interval", "_min", 0),
                 row["interval_min"]),
            Cell("longer than any fraction that was seen" if row["beyond_observed"] == "yes"
                 else row["reason"] or "\N{EN DASH}"),
        ]
        for row in reimaging.rows(named=True)
    ]  # fmt: skip
    words = (
        "Longest time between two images for which the root mean squared error of matching, walk "
        "and drift stays within the tolerance on an axis."
    )
    table = PageTable(
        "Interval between images: value (interval)", columns, rows, "tables/reimaging.csv"
    )
    return Section("reimaging", "How long a position may be trusted", [words], [table])


def breathing_section(breathing: pl.DataFrame) -> Section:
    """Breathing of the population; a table after ``breathing_population``."""
    columns = [
        Column("Axis", "word"),
        *text_columns("Quantity", "Unit"),
        *map(Column, ("Patients", "Traces", "Mean", "SD between patients", "SD within patients")),
    ]
    rows = [
        [
            Cell(AXIS_LABELS.get(row["axis"], row["axis"])),
            Cell(row["quantity"]),
            Cell(row["unit"]),
            _count(row, "n_patients"),
            _count(row, "n_fractions"),
            *(_value(row, name, "") for name in ("group_mean", "systematic_sd", "random_sd")),
        ]
        for row in breathing.rows(named=True)
    ]
    words = (
        "Traces are cleaned of lost samples and weighed by time; the SD is the one about the line "
        "of drift. The SD within patients of the baseline position is the baseline shift from "
        "fraction to fraction."
    )
    table = PageTable(
        "Breathing: value (interval)", columns, rows, "tables/breathing_population.csv"
    )
    return Section("breathing", "Breathing", [words], [table])


def strategies_section(strategies: pl.DataFrame) -> Section:
    """Strategies side by side; a table after ``motion_strategies``."""
    columns = [
        *text_columns("Strategy"),
        *map(
            Column,
            (
                "Patients", "Margin LR, mm", "Margin SI, mm", "Margin AP, mm", "Volume, cc",
                "Saved against itv, cc", "Minutes", "Patients who benefit, %",
                "Benefit from, mm",
            ),
        ),
    ]  # fmt: skip
    rows = [
        [
            Cell(row["strategy"].replace("_", " ")),
            _count(row, "n_patients"),
            *(_value(row, f"margin_{axis}", "_mm", 1) for axis in ("lr", "si", "ap")),
            _value(row, "volume", "_cc", 0),
            _value(row, "volume_saved", "_cc", 0),
            _value(row, "minutes", "", 1),
            _percent(row, "benefit_share"),
            Cell(number(row["smallest_benefit_mm"], 1, missing="nobody"),
                 row["smallest_benefit_mm"]),
        ]
        for row in strategies.rows(named=True)
    ]  # fmt: skip
    words = (
        "Means over patients. The margin of itv is added to a target that already holds the whole "
        "breath. A patient benefits when the stated share of the volume is saved; the last column "
        "is the smallest peak-to-peak amplitude of those who do. What the strategies are assumed "
        "to do stands in the table of their parameters: put your own in place of what is not "
        "validated before you act on this one."
    )
    table = PageTable(
        "Strategies against breathing: mean (interval)", columns, rows,
        "tables/motion_strategies.csv",
    )  # fmt: skip
    return Section("strategies", "Strategies against breathing", [words], [table])


def parameters_section(parameters: pl.DataFrame) -> Section:
    """What the strategies are assumed to do; a table after ``strategy_parameters``."""
    columns = [
        *text_columns("Strategy", "Parameter"),
        *map(Column, ("Value", "Plausible")),
        *text_columns("Unit", "Status", "Source"),
    ]
    rows = [
        [
            Cell(row["strategy"].replace("_", " ")),
            Cell(row["parameter"].replace("_", " ")),
            Cell(number(row["value"], 2, missing="each trace"), row["value"]),
            Cell("\N{EN DASH}" if row["low"] is None
                 else f"{number(row['low'], 2)} to {number(row['high'], 2)}"),
            *(Cell(row[name] or "\N{EN DASH}") for name in ("unit", "status", "source")),
        ]
        for row in parameters.rows(named=True)
    ]  # fmt: skip
    words = "Own values are stated in the config under motion.strategies, with their source."
    table = PageTable(
        "Parameters of the strategies", columns, rows, "tables/strategy_parameters.csv"
    )
    return Section("assumed", "What strategies are assumed to do", [words], [table])


def _value(row: Row, name: str, unit: str, digits: int = 2) -> Cell:
    shown = {**row, "reason": None}
    return Cell(interval_of(shown, name, unit, digits), row[f"{name}{unit}"])


def _percent(row: Row, name: str) -> Cell:
    parts = {f"{name}{end}": row[f"{name}{end}"] for end in ("", "_low", "_high")}
    scaled = {key: None if value is None else 100.0 * value for key, value in parts.items()}
    return Cell(interval_of(scaled, name, "", 0), row[name])


def _count(row: Row, name: str) -> Cell:
    return Cell(count(row[name]), row[name])
