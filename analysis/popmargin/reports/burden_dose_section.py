"""Sections on the imaging dose by organ and on what would pay for more imaging."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from popmargin.reports.numbers import number, with_interval
from popmargin.reports.section import Cell, Column, PageTable, Section, text_columns

Row = Mapping[str, Any]
_DASH: Final = "\N{EN DASH}"


def organ_doses_section(imaging_organ_doses: pl.DataFrame) -> Section:
    """Imaging dose of a course by organ, and what of it the plan must account for.

    Parameters: a table after the contract ``imaging_organ_doses``.
    """
    rows = imaging_organ_doses.rows(named=True)
    above = [row for row in rows if row["above_limit"] == "yes"]
    words = [
        "Dose of all images of a course; effective dose stands in the table of the burden. Doses "
        "of single organs are those of a phantom or one system; state your own.",
        f"{len(above)} of {len(rows)} rows are above 5 % of the prescription: the plan should "
        "account for them (AAPM TG-180).",
    ]
    columns = [
        *text_columns("Group", "Protocol", "Modality", "Organ"),
        *map(Column, ("An image, mGy", "Course, mGy", "Share of prescription, %")),
        *text_columns("Above 5 %", "Status", "Source"),
    ]
    body = [
        [
            Cell(row["group"]),
            Cell(row["protocol"]),
            Cell(row["modality"]),
            Cell(row["organ"]),
            Cell(number(row["dose_per_image_mgy"], 1), row["dose_per_image_mgy"]),
            Cell(_course(row), row["imaging_dose_mgy"]),
            Cell(
                number(row["prescription_share_percent"], 2, missing=_DASH),
                row["prescription_share_percent"],
            ),
            Cell(row["above_limit"] or _DASH),
            Cell(row["status"]),
            Cell(row["source"]),
        ]
        for row in rows
    ]
    table = PageTable("Imaging dose by organ", columns, body, "tables/imaging_organ_doses.csv")
    return Section("organdoses", "Imaging dose by organ", words, [table])


def thresholds_section(burden_thresholds: pl.DataFrame) -> Section:
    """The toxicity reduction that would pay for each option.

    Parameters: a table after the contract ``burden_thresholds``.
    """
    rows = burden_thresholds.rows(named=True)
    stated = rows[0]["worth_stated"] == "yes"
    money = f"{rows[0]['currency']} {rows[0]['price_year']}"
    words = (
        "By how many points the share of patients with an event would have to fall to pay for an "
        "option's extra cost against the group's first protocol; a dash: more than every patient. "
    )
    words += (
        "The worth of an avoided event is the site's own."
        if stated
        else "Nobody stated what an avoided event is worth here: the amounts are round numbers and "
        "no estimate, and the costs rest on the inputs in the table of inputs."
    )
    worths = list(dict.fromkeys(row["worth_of_event"] for row in rows))
    columns = [
        *text_columns("Group", "Protocol", "Modality"),
        Column(f"Extra cost ({money})"),
        *(Column(f"Points if worth {worth:,.0f}") for worth in worths),
        *text_columns("Inputs"),
    ]
    by_option: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        by_option.setdefault((row["group"], row["protocol"], row["modality"]), []).append(row)
    body = [
        [
            *map(Cell, option),
            Cell(number(found[0]["cost_difference"], 0), found[0]["cost_difference"]),
            *(_needed(worth, found) for worth in worths),
            Cell(found[0]["status"]),
        ]
        for option, found in by_option.items()
    ]
    table = PageTable(
        "Toxicity reduction that would pay (interval)",
        columns,
        body,
        "tables/burden_thresholds.csv",
    )
    return Section("thresholds", "What would pay for more imaging", [words], [table])


def _course(row: Row) -> str:
    low, high = row["imaging_dose_low_mgy"], row["imaging_dose_high_mgy"]
    return with_interval(row["imaging_dose_mgy"], low, high, 0)


def _needed(worth: float, rows: Sequence[Row]) -> Cell:
    row = next(row for row in rows if row["worth_of_event"] == worth)
    value, low, high = (row[f"reduction_needed{end}_percent"] for end in ("", "_low", "_high"))
    if value is None or low is None or high is None:
        return Cell(number(value, 1, missing=_DASH), value)
    return Cell(with_interval(value, low, high, 1), value)
