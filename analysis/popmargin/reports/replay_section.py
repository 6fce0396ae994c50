"""Sections on replayed protocols: what each would leave, take and cover."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from popmargin.core.axes import AXIS_LABELS, TRANSLATIONS
from popmargin.reports.coverage_section import target_words, whole_percent
from popmargin.reports.numbers import count, interval_of, number, percent, reason_text
from popmargin.reports.section import Cell, Column, PageTable, Section, text_columns

Row = Mapping[str, Any]
_DASH: Final = "\N{EN DASH}"
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


def _left(rows: Sequence[Row], recipe: str) -> PageTable:
    columns = [
        *text_columns("Group", "Protocol", "Phase"),
        Column("Axis", "word"),
        *map(
            Column,
            ("Patients", "M", "Σ", "Σ expected", "σ", "σ expected", "Margin", "Margin expected"),
        ),
        *text_columns("Expected by"),
    ]
    body = [
        [
            Cell(row["group"]),
            Cell(row["protocol"]),
            Cell(_PHASES[row["phase"]]),
            Cell(AXIS_LABELS[row["axis"]]),
            Cell(count(row["n_patients"]), row["n_patients"]),
            _value(row, "group_mean"),
            _value(row, "systematic_sd"),
            _expected(row, "systematic_sd"),
            _value(row, "random_sd"),
            _expected(row, "random_sd"),
            Cell(interval_of(row, "margin"), row["margin_mm"]),
            _expected(row, "margin", 1),
            Cell(_METHODS.get(row["expectation"] or "", _DASH)),
        ]
        for row in rows
    ]
    caption = f"Errors left and margin ({recipe}), mm: value (interval)"
    return PageTable(caption, columns, body, "tables/replayed_errors.csv")


def _value(row: Row, name: str) -> Cell:
    return Cell(interval_of(row, name, digits=2), row[f"{name}_mm"])


def _expected(row: Row, name: str, digits: int = 2) -> Cell:
    value = row[f"expected_{name}_mm"]
    return Cell(number(value, digits, missing=_DASH), value)


def _effort(rows: Sequence[Row]) -> PageTable:
    """Images, corrections and minutes: one row a group and protocol."""
    first = {(row["group"], row["protocol"]): row for row in rows}
    names = (
        "images_per_patient",
        "couch_corrections_per_patient",
        "postponed_per_patient",
        "minutes_per_patient",
    )
    columns = [
        *text_columns("Group", "Protocol"),
        *map(Column, ("Images", "Couch corrections", "Treated later", "Minutes")),
    ]
    body = [
        [
            Cell(group),
            Cell(protocol),
            *(Cell(number(row[name], missing=_DASH), row[name]) for name in names),
        ]
        for (group, protocol), row in first.items()
    ]
    caption = "Effort per patient and logged course; minutes where image and correction are stated"
    return PageTable(caption, columns, body, "tables/replayed_errors.csv")


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
    columns = [
        *text_columns("Group", "Protocol", "Phase", "Margin"),
        *(Column(AXIS_LABELS[axis]) for axis in TRANSLATIONS),
        Column("Patients covered"),
        Column("Logged patients covered"),
    ]
    body = [
        [
            Cell(row["group"]),
            Cell(row["protocol"]),
            Cell(_PHASES[row["phase"]]),
            Cell(row["recipe"] or "margin in use"),
            *(
                Cell(number(row[f"margin_{axis}_mm"], missing=_DASH), row[f"margin_{axis}_mm"])
                for axis in TRANSLATIONS
            ),
            Cell(_share(row), row["coverage"]),
            Cell(whole_percent(row["logged_coverage"]), row["logged_coverage"]),
        ]
        for row in rows
    ]
    table = PageTable(
        "Coverage under each protocol; margins in mm",
        columns,
        body,
        "tables/protocol_coverage.csv",
    )
    return Section("protocols", "What margins cover under each protocol", [words], [table])


def _share(row: Row) -> str:
    if row["coverage"] is None:
        return reason_text(row["reason"])
    low, high = row["coverage_low"], row["coverage_high"]
    limits = "" if low is None else f" ({whole_percent(low)} to {whole_percent(high)})"
    return f"{whole_percent(row['coverage'])}{limits}"
