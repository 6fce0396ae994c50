"""Sections on the imaging dose by organ and on what would pay for more imaging."""

import polars as pl

from popmargin.reports.columns import (
    Field,
    Row,
    estimate,
    looked_up,
    numbered,
    plain,
    table_of,
    text,
)
from popmargin.reports.numbers import DASH, NOT_ESTIMABLE
from popmargin.reports.section import Cell, Section


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
    numbers = numbered(map(_note, rows))
    table = table_of(
        "Imaging dose by organ",
        [{**row, "note": numbers[_note(row)]} for row in rows],
        [
            text("Group", "group"),
            text("Protocol", "protocol"),
            text("Modality", "modality"),
            text("Organ", "organ"),
            plain("An image, mGy", "dose_per_image_mgy", missing=NOT_ESTIMABLE),
            estimate("Course, mGy", "imaging_dose", "_mgy", 0),
            plain("Share of prescription, %", "prescription_share_percent", 2),
            text("Above 5 %", "above_limit"),
            plain("Note", "note", None),
        ],
        "tables/imaging_organ_doses.csv",
    )
    notes = table_of(
        "Notes to the imaging dose by organ: source (status)",
        [{"number": number, "said": note} for note, number in numbers.items()],
        [plain("Note", "number", None), text("Source (status)", "said")],
    )
    return Section("organdoses", "Imaging dose by organ", words, [table, notes])


def _note(row: Row) -> str:
    return f"{row['source'] or DASH} ({row['status'] or DASH})"


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
    options: dict[tuple[str, str, str], dict[float, Row]] = {}
    for row in rows:
        option = (row["group"], row["protocol"], row["modality"])
        options.setdefault(option, {})[row["worth_of_event"]] = row
    table = table_of(
        "Toxicity reduction that would pay (interval)",
        [{**next(iter(by_worth.values())), "by_worth": by_worth} for by_worth in options.values()],
        [
            text("Group", "group"),
            text("Protocol", "protocol"),
            text("Modality", "modality"),
            plain(f"Extra cost ({money})", "cost_difference", 0, missing=NOT_ESTIMABLE),
            *map(_needed, worths),
            text("Inputs", "status"),
        ],
        "tables/burden_thresholds.csv",
    )
    return Section("thresholds", "What would pay for more imaging", [words], [table])


def _needed(worth: float) -> Field:
    """The reduction that would pay if an event were worth this, of the options ``by_worth``."""
    title, name = f"Points if worth {worth:,.0f}", "reduction_needed"
    reduction = estimate(title, name, "_percent", 1, missing=DASH)

    def cell(row: Row) -> Cell:
        ends = (row[f"{name}_low_percent"], row[f"{name}_high_percent"])
        return plain(title, f"{name}_percent").cell(row) if None in ends else reduction.cell(row)

    return looked_up(Field(reduction.column, cell), lambda row: row["by_worth"][worth])
