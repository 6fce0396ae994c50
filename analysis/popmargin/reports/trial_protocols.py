"""Imaging protocols in the trial report: what each would have left of the study's own errors."""

from collections.abc import Callable
from typing import Final

import polars as pl

from popmargin.core.axes import AXIS_LABELS, TRANSLATIONS
from popmargin.reports.columns import Row, made, plain, table_of, text
from popmargin.reports.numbers import DASH
from popmargin.reports.replay_section import margin_left
from popmargin.reports.section import PageTable

PROTOCOL_WORDS: Final = (
    "What each imaging protocol would have left was found by replaying it on the logged errors, as "
    "if nothing had been corrected; such a margin covers the set-up error that the protocol leaves "
    "and nothing else. The protocols share their patients: their intervals do not test their "
    "difference. What an online correction itself leaves (matching, couch, motion after the image) "
    "is in a margin only where the study states it."
)


def protocols_table(replayed_errors: pl.DataFrame, group: str, recipe: str) -> PageTable | None:
    """Margin and effort of each imaging protocol over the whole course; None without such rows.

    Parameters: contract ``replayed_errors``, the trial's group, the recipe of its margins.
    """
    rows = replayed_errors.filter(
        pl.col("n_patients").is_not_null(), group=group, recipe=recipe, phase="course"
    ).rows(named=True)
    if not rows:
        return None
    found = {(row["protocol"], row["axis"]): row for row in rows}

    def margin(axis: str) -> Callable[[Row], str]:
        def cell(row: Row) -> str:
            there = found.get((row["protocol"], axis))
            return DASH if there is None else margin_left(there)

        return cell

    return table_of(
        f"Margins by {recipe} that each imaging protocol would have left, mm, replayed on the "
        "study's own patients",
        {row["protocol"]: row for row in rows}.values(),
        [
            text("Protocol", "protocol"),
            plain("Images a patient", "images_per_patient"),
            plain("Couch corrections", "couch_corrections_per_patient"),
            *(made(AXIS_LABELS[axis], margin(axis)) for axis in TRANSLATIONS),
            text("Covers", "covers"),
        ],
        "tables/replayed_errors.csv",
    )
