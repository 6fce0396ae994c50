"""Sections on replayed protocols: what each would leave, take and cover."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from popmargin.core.axes import AXIS_LABELS, TRANSLATIONS
from popmargin.reports.columns import (
    Row,
    axis,
    counted,
    estimate,
    made,
    plain,
    table_of,
    text,
)
from popmargin.reports.coverage_section import covered_text, target_words, whole_percent
from popmargin.reports.numbers import interval_of, percent, reason_text
from popmargin.reports.section import PageTable, Section

_PHASES: Final = {"course": "whole course", "settled": "once settled"}
_METHODS: Final = {"exact": "closed form", "simulated": "simulated"}


def replay_section(replayed_errors: pl.DataFrame) -> Section:
    """What each protocol would have left of the logged errors, beside what was to be expected.

    Parameters: a table after the contract ``replayed_errors``.
    """
    recipe = replayed_errors["recipe"][0]
    rows = replayed_errors.filter(recipe=recipe).rows(named=True)
    words = [
        "Each protocol was replayed on the logged uncorrected errors: what would have been known, "
        "and what would have been done. A margin here covers the set-up error that the protocol "
        "leaves and nothing else. Expected is what the protocol would leave of independent normal "
        "errors with this group's M, Σ and σ: a replay that differs from it by more than its "
        "interval says that the errors drift, jump or differ between patients (or, in few "
        "patients, chance).",
        "A protocol that images less is not better because its interval is wide: compare limits. "
        "Protocols share the same patients, so their intervals do not test their difference.",
    ]
    reasons = {row["group"]: row["reason"] for row in rows if row["n_patients"] is None}
    words += [f"{group}: {reason_text(reason)}." for group, reason in reasons.items()]
    shown = [row for row in rows if row["n_patients"] is not None]
    return Section(
        "replay", "Correction protocols, replayed", words, [_left(shown, recipe), _effort(shown)]
    )


def margin_left(row: Row) -> str:
    """A protocol's margin; nought would say no more than that no residual was stated.

    >>> margin_left({"margin_mm": 0.0, "margin_low_mm": 0.0, "margin_high_mm": 0.0})
    'none: residual not stated'
    """
    return "none: residual not stated" if row["margin_mm"] == 0.0 else interval_of(row, "margin")


def _left(rows: Sequence[Row], recipe: str) -> PageTable:
    return table_of(
        f"Errors left and margin ({recipe}), mm: value (interval)",
        rows,
        [
            text("Group", "group"),
            text("Protocol", "protocol"),
            text("Phase", "phase", _PHASES),
            axis(),
            counted("Patients", "n_patients"),
            estimate("M", "group_mean"),
            estimate("Σ", "systematic_sd"),
            plain("Σ expected", "expected_systematic_sd_mm", 2),
            estimate("σ", "random_sd"),
            plain("σ expected", "expected_random_sd_mm", 2),
            made("Margin", margin_left, sort="margin_mm"),
            plain("Margin expected", "expected_margin_mm"),
            text("Expected by", "expectation", _METHODS),
        ],
        "tables/replayed_errors.csv",
    )


def _effort(rows: Sequence[Row]) -> PageTable:
    """Images, corrections and minutes: one row a group and protocol."""
    return table_of(
        "Effort per patient and logged course; minutes where image and correction are stated",
        {(row["group"], row["protocol"]): row for row in rows}.values(),
        [
            text("Group", "group"),
            text("Protocol", "protocol"),
            plain("Images", "images_per_patient"),
            plain("Couch corrections", "couch_corrections_per_patient"),
            plain("Treated later", "postponed_per_patient"),
            plain("Minutes", "minutes_per_patient"),
        ],
        "tables/replayed_errors.csv",
    )


def protocol_coverage_section(protocol_coverage: pl.DataFrame) -> Section:
    """What margins cover under each protocol: its own, and the one in use.

    Parameters: a table after the contract ``protocol_coverage``.
    """
    rows = protocol_coverage.rows(named=True)
    words = (
        f"Share of patients in whom the whole CTV gets at least {percent(rows[0]['dose_level'])} "
        f"of the dose, for {target_words(rows[0])}; {percent(rows[0]['population'])} are wanted. "
        "Where a protocol leaves hardly any systematic error all patients are alike, and the share "
        "turns from none to all within tenths of a millimetre, although little dose is missing."
    )
    table = table_of(
        "Coverage under each protocol; margins in mm",
        rows,
        [
            text("Group", "group"),
            text("Protocol", "protocol"),
            text("Phase", "phase", _PHASES),
            text("Margin", "recipe", missing="margin in use"),
            *(plain(AXIS_LABELS[name], f"margin_{name}_mm") for name in TRANSLATIONS),
            made("Patients covered", covered_text, "coverage"),
            made("Logged patients covered", _logged, "logged_coverage"),
        ],
        "tables/protocol_coverage.csv",
    )
    return Section("protocols", "What margins cover under each protocol", [words], [table])


def _logged(row: Row) -> str:
    return whole_percent(row["logged_coverage"])
