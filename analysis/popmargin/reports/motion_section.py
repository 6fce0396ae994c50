"""Sections on motion: within fractions, breathing, strategies against it."""

import polars as pl

from popmargin.reports.columns import (
    Row,
    axis,
    counted,
    estimate,
    made,
    named,
    plain,
    share,
    table_of,
    text,
)
from popmargin.reports.numbers import DASH, NOT_ESTIMABLE, number
from popmargin.reports.section import Section


def intrafraction_section(motion: pl.DataFrame) -> Section:
    """Motion between the images of a fraction; a table after ``intrafraction_motion``."""
    words = (
        "Displacement from the first to the last image of a fraction. Half of it, the mean "
        "position during a beam of steady motion, joins the errors: the shares say how much of Σ² "
        "and σ² it then makes up. The walk is the growth of the variance per minute. Rows "
        "relative to bone are the organ's own motion, those of bone the patient's. Rows of traces "
        "follow the mean position over blocks of some seconds, breathing averaged out; a trace "
        "says nothing of set-up, so it has no share."
    )
    table = table_of(
        "Motion within fractions: value (interval)",
        motion.rows(named=True),
        [
            text("Group", "group"),
            named("Matched on", "surrogate"),
            axis(),
            counted("Patients", "n_patients"),
            counted("Fractions", "n_fractions"),
            plain("Minutes", "minutes_mean", missing="no times"),
            estimate("M, mm", "group_mean", missing=NOT_ESTIMABLE),
            estimate("Σ, mm", "systematic_sd", missing=NOT_ESTIMABLE),
            estimate("σ, mm", "random_sd", missing=NOT_ESTIMABLE),
            share("Share in Σ, %", "systematic_share", 0, missing=NOT_ESTIMABLE),
            share("Share in σ, %", "random_share", 0, missing=NOT_ESTIMABLE),
            estimate("Drift, mm/min", "drift", "_mm_per_min", missing=NOT_ESTIMABLE),
            estimate("Walk, mm²/min", "walk", "_mm2_per_min", missing=NOT_ESTIMABLE),
            counted("Fidgets", "n_fidgets"),
            text("Not estimable", "reason"),
        ],
        "tables/intrafraction_motion.csv",
    )
    return Section("intrafraction", "Motion within fractions", [words], [table])


def reimaging_section(reimaging: pl.DataFrame) -> Section:
    """Longest interval between images; a table after ``reimaging``."""
    words = (
        "Longest time between two images for which the root mean squared error of matching, walk "
        "and drift stays within the tolerance on an axis."
    )
    table = table_of(
        "Interval between images: value (interval)",
        reimaging.rows(named=True),
        [
            text("Group", "group"),
            named("Matched on", "surrogate"),
            axis(),
            plain("Tolerance, mm", "tolerance_mm"),
            estimate("Interval, min", "interval", "_min", 0),
            text("Remark", _remark),
        ],
        "tables/reimaging.csv",
    )
    return Section("reimaging", "How long a position may be trusted", [words], [table])


def _remark(row: Row) -> str | None:
    if row["beyond_observed"] == "yes":
        return "longer than any fraction that was seen"
    reason: str | None = row["reason"]
    return reason


def breathing_section(breathing: pl.DataFrame) -> Section:
    """Breathing of the population; a table after ``breathing_population``."""
    words = (
        "Traces are cleaned of lost samples and weighed by time; the SD is the one about the line "
        "of drift. The SD within patients of the baseline position is the baseline shift from "
        "fraction to fraction."
    )
    table = table_of(
        "Breathing: value (interval)",
        breathing.rows(named=True),
        [
            axis(),
            text("Quantity", "quantity"),
            text("Unit", "unit"),
            counted("Patients", "n_patients"),
            counted("Traces", "n_fractions"),
            estimate("Mean", "group_mean", "", missing=NOT_ESTIMABLE),
            estimate("SD between patients", "systematic_sd", "", missing=NOT_ESTIMABLE),
            estimate("SD within patients", "random_sd", "", missing=NOT_ESTIMABLE),
        ],
        "tables/breathing_population.csv",
    )
    return Section("breathing", "Breathing", [words], [table])


def strategies_section(strategies: pl.DataFrame) -> Section:
    """Strategies side by side; a table after ``motion_strategies``."""
    words = (
        "Means over patients. The margin of itv is added to a target that already holds the whole "
        "breath. A patient benefits when the stated share of the volume is saved; the last column "
        "is the smallest peak-to-peak amplitude of those who do. What the strategies are assumed "
        "to do stands in the table of their parameters: put your own in place of what is not "
        "validated before you act on this one."
    )
    table = table_of(
        "Strategies against breathing: mean (interval)",
        strategies.rows(named=True),
        [
            named("Strategy", "strategy"),
            counted("Patients", "n_patients"),
            estimate("Margin LR, mm", "margin_lr", "_mm", 1, missing=NOT_ESTIMABLE),
            estimate("Margin SI, mm", "margin_si", "_mm", 1, missing=NOT_ESTIMABLE),
            estimate("Margin AP, mm", "margin_ap", "_mm", 1, missing=NOT_ESTIMABLE),
            estimate("Volume, cc", "volume", "_cc", 0, missing=NOT_ESTIMABLE),
            estimate("Saved against itv, cc", "volume_saved", "_cc", 0, missing=NOT_ESTIMABLE),
            estimate("Minutes", "minutes", "", 1, missing=NOT_ESTIMABLE),
            share("Patients who benefit, %", "benefit_share", 0, missing=NOT_ESTIMABLE),
            plain("Benefit from, mm", "smallest_benefit_mm", missing="nobody"),
        ],
        "tables/motion_strategies.csv",
    )
    return Section("strategies", "Strategies against breathing", [words], [table])


def parameters_section(parameters: pl.DataFrame) -> Section:
    """What the strategies are assumed to do; a table after ``strategy_parameters``."""
    words = "Own values are stated in the config under motion.strategies, with their source."
    table = table_of(
        "Parameters of the strategies",
        parameters.rows(named=True),
        [
            named("Strategy", "strategy"),
            named("Parameter", "parameter"),
            plain("Value", "value", 2, missing="each trace"),
            made("Plausible", _plausible),
            text("Unit", "unit"),
            text("Status", "status"),
            text("Source", "source"),
        ],
        "tables/strategy_parameters.csv",
    )
    return Section("assumed", "What strategies are assumed to do", [words], [table])


def _plausible(row: Row) -> str:
    if row["low"] is None:
        return DASH
    return f"{number(row['low'], 2)} to {number(row['high'], 2)}"
