"""Curves of outcomes: the numbers at risk below them are those of the patients."""

import numpy as np
import polars as pl
import pytest

from popmargin.core.exceptions import OutOfRange
from popmargin.figures.outcome_curves import plot_outcome_curves
from popmargin.outcomes.observed import estimate_outcome_curves
from popmargin.statistics.event_times import round_months

ARMS = {"daily": 40.0, "weekly": 61.5}  # the last month observed


def study(patients=60):
    """Outcomes and patients of two arms, one of them observed for a shorter time."""
    rng = np.random.default_rng(3)
    arms = [list(ARMS)[place % 2] for place in range(patients)]
    ends = [ARMS[arm] * (1.0 if place < 2 else rng.random()) for place, arm in enumerate(arms)]
    names = [f"p{place}" for place in range(patients)]
    outcomes = pl.DataFrame({"patient_id": names, "time_months": ends}).with_columns(
        endpoint=pl.lit("gi"), grade=2, time_origin=pl.lit("end"),
        event=pl.Series([0, 0, *(int(rng.random() < 0.4) for _ in names[2:])]),
    )  # fmt: skip
    return outcomes, pl.DataFrame({"patient_id": names, "arm": arms})


def at_risk_drawn(panel):
    """Months and numbers below the axis, a dictionary a row from the top."""
    texts = [text for text in panel.texts if text.get_text() != "patients at risk"]
    rows = sorted({text.get_position()[1] for text in texts}, reverse=True)
    return [
        {t.get_position()[0]: t.get_text() for t in texts if t.get_position()[1] == row}
        for row in rows
    ]


def test_numbers_at_risk_are_counted_from_the_patients_at_each_tick():
    outcomes, people = study()
    rows = estimate_outcome_curves(outcomes, people, "arm", ["gi"])
    (panel,) = plot_outcome_curves(pl.DataFrame(rows)).axes
    months = [0.0, 12.0, 24.0, 36.0, 48.0, 60.0]
    assert panel.get_xticks().tolist() == months
    joined = outcomes.join(people, on="patient_id")
    assert at_risk_drawn(panel) == [
        {
            month: str(joined.filter(pl.col("time_months") >= month, arm=arm).height)
            for month in months
        }
        for arm in ARMS
    ]
    assert at_risk_drawn(panel)[0][48.0] == "0"


def test_a_table_without_the_month_is_not_guessed_at():
    rows = estimate_outcome_curves(*study(), "arm", ["gi"])
    thinned = pl.DataFrame(rows).filter(pl.col("time_months") != 24.0)
    (panel,) = plot_outcome_curves(thinned).axes
    assert [row[24.0] for row in at_risk_drawn(panel)] == ["?", "?"]


@pytest.mark.parametrize("last", [0.0, 0.4, 6.9, 7.0, 36.5, 61.0, 839.0, 841.0, 3650.0])
def test_round_months_are_few_and_can_be_found_again_from_the_last(last):
    months = round_months(last)
    assert 1 <= len(months) <= 7
    assert months[0] == 0.0
    assert last - months[-1] < (months[1] if len(months) > 1 else 1.0)


@pytest.mark.parametrize("last", [-1.0, np.nan, np.inf])
def test_impossible_follow_up_is_refused(last):
    with pytest.raises(OutOfRange, match="last_months"):
        round_months(last)
