"""Sections on observed outcomes: incidence, what they go with, weighted comparison."""

from typing import Final

import polars as pl

from popmargin.reports.columns import (
    Field,
    Row,
    counted,
    estimate,
    made,
    plain,
    share,
    table_of,
    text,
)
from popmargin.reports.numbers import DASH, NOT_ESTIMABLE, number, percent
from popmargin.reports.section import Section

# The usual bound of a standardised difference (Austin 2009, recalled).
_BALANCED: Final = 0.1


def incidence_section(outcome_incidence: pl.DataFrame) -> Section:
    """Share of patients with each endpoint, by grade.

    Parameters: a table after the contract ``outcome_incidence``.
    """
    words = (
        "Shares of patients with exact intervals. They take no account of unequal follow-up or of "
        "who was never asked; the curves over time do so for follow-up."
    )
    table = table_of(
        "Observed outcomes",
        outcome_incidence.rows(named=True),
        [
            text("Endpoint", "endpoint"),
            text("Grade", _grade),
            counted("Patients", "n_patients"),
            counted("With event", "n_events"),
            counted("Competing event first", "n_competing"),
            share("Share, %", "share"),
            text("Median observation", _observation),
        ],
        "tables/outcome_incidence.csv",
    )
    return Section("outcomes", "Observed outcomes", [words], [table])


def _grade(row: Row) -> str:
    return "any" if row["grade_at_least"] is None else f"{row['grade_at_least']} or above"


def _observation(row: Row) -> str:
    return f"{number(row['median_time_months'])} months from {row['time_origin']}"


def associations_section(outcome_effects: pl.DataFrame) -> Section:
    """Odds and hazard ratios with what they are adjusted for.

    Parameters: a table after the contract ``outcome_effects``.
    """
    words = (
        "Ratios per unit of a number, or against the most frequent value of a text, adjusted for "
        "the other terms of the same model. Unless a column was randomised a ratio is an "
        "association: something that is not among the terms may stand behind it. Missing values "
        "are imputed ten times with the outcome among the predictors."
    )
    table = table_of(
        "What outcomes go with",
        outcome_effects.rows(named=True),
        [
            text("Endpoint", "endpoint"),
            text("Model", "model"),
            text("Term", "term"),
            estimate("Ratio", "ratio", ""),
            text("Adjusted for", "adjusted_for"),
            text("Method", lambda row: "; ".join(filter(None, (row["method"], row["clustering"])))),
            text("Exposure", "exposure_time"),
            text("Reading", "statement"),
            counted("Patients", "n_patients"),
            counted("Events", "n_events"),
            made("With a missing value", _missing, "missing_share"),
        ],
        "tables/outcome_effects.csv",
    )
    return Section("associations", "What outcomes go with", [words], [table])


def _missing(row: Row) -> str:
    part = row["missing_share"]
    return DASH if part is None else percent(round(part, 3))


def weighted_section(outcome_weighted: pl.DataFrame) -> Section:
    """Risks of two groups after weighting, with the E-value.

    Parameters: a table after the contract ``outcome_weighted``.
    """
    words = (
        "Risks in two groups after weighting every patient by the inverse probability of the own "
        "group given the covariates named. The E-value says how strongly something unmeasured "
        "would have to go with both group and outcome to explain the ratio; the second number is "
        "for the limit nearer to 1. Whether the weights did their work is in the next table."
    )
    table = table_of(
        "Weighted comparison",
        outcome_weighted.rows(named=True),
        [
            text("Endpoint", "endpoint"),
            text("Groups", _groups),
            share("Difference, points", "difference"),
            estimate("Ratio of risks", "ratio", "", missing=NOT_ESTIMABLE),
            _pair("E-value", "e_value", "e_value_limit", 2),
            _pair("Effective patients", "effective_one", "effective_zero", 0),
            text("Adjusted for", "adjusted_for"),
            text("Centres", "clustering"),
            text("Reading", "statement"),
        ],
        "tables/outcome_weighted.csv",
    )
    return Section("weighted", "Comparison of groups that were weighted", [words], [table])


def _groups(row: Row) -> str:
    return f"{row['group_one'] or DASH} against {row['group_zero'] or DASH}"


def _pair(title: str, first: str, second: str, digits: int) -> Field:
    def pair(row: Row) -> str:
        return " / ".join(number(row[name], digits, missing=DASH) for name in (first, second))

    return made(title, pair)


def balance_section(outcome_balance: pl.DataFrame) -> Section:
    """Standardised differences of the covariates before and after weighting.

    Parameters: a table after the contract ``outcome_balance``.
    """
    words = (
        "Difference of each covariate between the groups over its standard deviation, before and "
        "after weighting. Differences beyond 0.1 after weighting are marked: the comparison then "
        "still carries them."
    )
    table = table_of(
        "Balance of covariates",
        outcome_balance.rows(named=True),
        [
            text("Endpoint", "endpoint"),
            text("Groups by", "group_column"),
            text("Covariate", "covariate"),
            plain("Before", "before", 2, missing=NOT_ESTIMABLE),
            plain("After", "after", 2, missing=NOT_ESTIMABLE),
            text("Reading", _balanced),
        ],
        "tables/outcome_balance.csv",
    )
    return Section("balance", "Balance of the groups", [words], [table])


def _balanced(row: Row) -> str:
    return "balanced" if abs(row["after"]) <= _BALANCED else "not balanced"


def prediction_section(outcome_prediction: pl.DataFrame) -> Section:
    """Discrimination and calibration in centres that were left out.

    Parameters: a table after the contract ``outcome_prediction``.
    """
    words = (
        "Every centre predicted by a logistic model of the others. The area is the chance that a "
        "patient with the event was given the higher risk (0.5: no better than a coin). A "
        "calibration slope of 1 and an intercept of 0 are perfect; a slope below 1 says that "
        "predictions are too extreme."
    )
    table = table_of(
        "Left-out centres",
        outcome_prediction.rows(named=True),
        [
            text("Endpoint", "endpoint"),
            text("Terms", "terms"),
            counted("Centres", "n_centres"),
            counted("Patients", "n_patients"),
            counted("Events", "n_events"),
            estimate("Area under the curve", "area", ""),
            estimate("Calibration slope", "calibration_slope", "", missing=DASH),
            estimate("Calibration intercept", "calibration_intercept", "", missing=DASH),
            estimate("Brier score", "brier", "", missing=DASH),
        ],
        "tables/outcome_prediction.csv",
    )
    return Section("prediction", "Prediction in centres that were left out", [words], [table])
