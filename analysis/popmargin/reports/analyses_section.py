"""Sections on separate analyses of one log, and on set-up error beside organ motion."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from popmargin.core.axes import AXIS_LABELS
from popmargin.reports.numbers import count, interval_of, number, with_interval
from popmargin.reports.section import Cell, Column, PageTable, Section, text_columns

Row = Mapping[str, Any]


def analyses_section(errors: pl.DataFrame) -> Section:
    """Errors and margin of each analysis, and what they cover.

    Parameters: a table after the contract ``analysis_errors``.
    """
    columns = [
        *text_columns("Analysis", "Group", "Axis"),
        *map(Column, ("Patients", "Fractions", "M", "Σ", "σ", "Margin")),
        *text_columns("Covers"),
    ]
    body = [
        [
            Cell(str(row["analysis"]).replace("_", " ")),
            Cell(row["group"]),
            Cell(AXIS_LABELS[row["axis"]]),
            Cell(count(row["n_patients"]), row["n_patients"]),
            Cell(count(row["n_fractions"]), row["n_fractions"]),
            *(_value(row, name, 2) for name in ("group_mean", "systematic_sd", "random_sd")),
            _value(row, "margin", 1),
            Cell(str(row["covers"])),
        ]
        for row in errors.rows(named=True)
    ]
    words = (
        "Each analysis rests on images of its own: before correction, after correction, after "
        "treatment less its start. Their errors add up in one error budget only as far as each "
        "is still there when treatment is given; a margin of one row is never a PTV margin."
    )
    table = PageTable("Analyses, mm: value (interval)", columns, body, "tables/analysis_errors.csv")
    return Section("analyses", "Inter-fraction, residual, intra-fraction", [words], [table])


def organ_motion_section(motion: pl.DataFrame) -> Section:
    """Set-up error, motion of the target against it, and how they go together.

    Parameters: a table after the contract ``organ_motion``.
    """
    columns = [
        *text_columns("Group", "Axis", "Error"),
        *map(Column, ("Patients", "Fractions", "Set-up SD", "Motion M", "Motion SD")),
        *map(Column, ("Covariance, mm²", "Correlation")),
    ]
    body = [
        [
            Cell(row["group"]),
            Cell(AXIS_LABELS[row["axis"]]),
            Cell(row["level"]),
            Cell(count(row["n_patients"]), row["n_patients"]),
            Cell(count(row["n_fractions"]), row["n_fractions"]),
            *(_value(row, name, 2) for name in ("setup_sd", "motion_mean", "motion_sd")),
            Cell(number(row["covariance_mm2"], 2), row["covariance_mm2"]),
            _correlation(row),
        ]
        for row in motion.rows(named=True)
    ]
    words = (
        "Two matches of one fraction: that on bone is the set-up error, that on the target less it "
        "is the motion of the target against the bones. A correction on bone leaves the motion. "
        "Both matches' own errors are inside the motion, and a negative covariance may come from "
        "an error of the bone match alone."
    )
    table = PageTable(
        "Set-up error and organ motion, mm: value (interval)",
        columns,
        body,
        "tables/organ_motion.csv",
    )
    return Section("organ-motion", "Set-up error and organ motion", [words], [table])


def _value(row: Row, name: str, digits: int) -> Cell:
    return Cell(interval_of(row, name, digits=digits), row.get(f"{name}_mm"))


def _correlation(row: Row) -> Cell:
    names = ("correlation", "correlation_low", "correlation_high")
    value, low, high = (row[name] for name in names)
    return Cell(with_interval(value, low, high, 2, reason=row["reason"]), value)
