"""Sections on the burden of imaging: the trade-off, who needs it, and the CHEERS checklist."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from popmargin.burden.verdict import describe_frontier
from popmargin.reports.numbers import number, with_interval
from popmargin.reports.section import Cell, Column, PageTable, Section, text_columns

Row = Mapping[str, Any]
_DASH: Final = "\N{EN DASH}"
# Title, column and decimals of what a strategy takes beside the outcomes compared.
_EFFORT: Final = (
    ("Minutes a fraction", "minutes_per_fraction", 1),
    ("Slot, min", "slot_needed_minutes", 1),
    ("Capacity, %", "capacity_change_percent", 1),
    ("Waiting, min", "waiting_minutes", 1),
    ("Overtime, min", "overtime_minutes", 1),
    ("Therapists, min", "rtt_minutes_per_course", 0),
    ("Physicists, min", "physicist_minutes_per_course", 0),
    ("Physicians, min", "physician_minutes_per_course", 0),
    ("Cost a fraction", "cost_per_fraction", 1),
    ("Marginal cost a course", "marginal_cost_per_course", 0),
    ("Effective dose, mSv", "effective_dose_msv", 0),
    ("Break-even images", "break_even_images", 0),
)


def burden_section(burden: pl.DataFrame) -> Section:
    """Margin, minutes, cost and dose of every protocol and modality, and what rests on defaults.

    Parameters: a table after the contract ``burden``.
    """
    rows = [{**row, "on_frontier": row["on_frontier"] == "true"} for row in burden.rows(named=True)]
    first = rows[0]
    words = [
        "Margins come from replaying each protocol on the logged errors; the margin is the mean of "
        "the three axes and covers what its column says. What is matched on bone or surface "
        "leaves out how the target moves against it. Differences are against the group's first "
        "row. Nominal risk and integral dose compare options; they are no patient's risk.",
        *describe_frontier(rows),
    ]
    money = f"{first['currency']} {first['price_year']}" if first["currency"] else "not stated"
    columns = [
        *text_columns("Group", "Protocol", "Modality"),
        Column("Images"),
        Column("Margin, mm"),
        Column("PTV, cc"),
        Column("Minutes a course"),
        Column("Patients a day"),
        Column(f"Cost a course ({money})"),
        Column("Imaging dose, mGy"),
        Column("Share of prescription, %"),
        *text_columns("Not dominated", "Covers", "Inputs"),
    ]
    table = PageTable(
        "Burden of imaging: value (interval over the stated ranges)",
        columns,
        [_cells(row) for row in rows],
        "tables/burden.csv",
    )
    return Section("burden", "What imaging takes and what it buys", words, [table, _effort(rows)])


def _effort(rows: Sequence[Row]) -> PageTable:
    """Time of machine and staff, cost of a fraction, effective dose and organ at risk."""
    columns = [
        *text_columns("Group", "Protocol", "Modality", "Shows"),
        *(Column(title) for title, _, _ in _EFFORT),
        Column("NTCP, points"),
        *text_columns("Organ (model)"),
    ]
    body = [
        [
            Cell(row["group"]),
            Cell(row["protocol"]),
            Cell(row["modality"]),
            Cell(row["sees"] or _DASH),
            *(Cell(number(row[name], n, missing=_DASH), row[name]) for _, name, n in _EFFORT),
            _interval(row, "ntcp_change", "_percent", 1),
            Cell(f"{row['organ']} ({row['ntcp_set']})" if row["organ"] else _DASH),
        ]
        for row in rows
    ]
    caption = (
        "Time of the machine and of the staff, cost, effective dose, and the organ at risk by the "
        "curve of the outcomes (change against the group's first row, interval)"
    )
    return PageTable(caption, columns, body, "tables/burden.csv")


def records_section(burden_records: pl.DataFrame) -> Section:
    """The numbers behind the burden with range, source and status.

    Parameters: a table after the contract ``burden_records``.
    """
    rows = burden_records.rows(named=True)
    weak = sum("not validated" in row["status"] for row in rows)
    words = (
        f"{weak} of {len(rows)} inputs are defaults that are not validated: replace those that the "
        "tornado puts on top with your own figures first."
    )
    columns = [
        *text_columns("Input"),
        *map(Column, ("Low", "Typical", "High")),
        *text_columns("Unit", "Distribution", "Status", "Source"),
    ]
    body = [
        [
            Cell(row["key"]),
            *(Cell(f"{row[name]:g}", row[name]) for name in ("low", "typical", "high")),
            Cell(f"{row['unit']} {row['price_year']}" if row["price_year"] else row["unit"]),
            Cell(row["distribution"]),
            Cell(row["status"]),
            Cell(": ".join(filter(None, (row["source"], row["note"])))),
        ]
        for row in rows
    ]
    table = PageTable("Inputs of the burden", columns, body, "tables/burden_records.csv")
    return Section("inputs", "Inputs of the burden", [words], [table])


def indications_section(imaging_indications: pl.DataFrame) -> Section:
    """Which rules on imaging apply to each group, with reason and source.

    Parameters: a table after the contract ``imaging_indications``.
    """
    rows = imaging_indications.rows(named=True)
    shown = [row for row in rows if row["applies"] in ("yes", "not estimable")]
    silent = list(dict.fromkeys(row["group"] for row in rows if row["applies"] == "not stated"))
    words = (
        "A rule that applies is a reason to look, not an order; its status says how sure it is. "
        "Rules of the site hold for everybody treated there, those of patients for this group."
    )
    if silent:
        words += (
            f" For {'; '.join(silent)} nobody stated the site or the clinical situation, so that "
            "some rules could not be judged."
        )
    columns = text_columns(
        "Group", "Site", "Concerns", "Situation", "Applies", "Advice", "Why", "Source (status)"
    )
    body = [
        [
            Cell(row["group"]),
            Cell(row["site"] or _DASH),
            Cell(row["concerns"]),
            Cell(row["indication"]),
            Cell(row["applies"]),
            Cell(row["advice"]),
            Cell(row["reason"]),
            Cell(f"{row['source']} ({row['status']})"),
        ]
        for row in shown
    ]
    table = PageTable("Who needs which imaging", columns, body, "tables/imaging_indications.csv")
    return Section("indications", "Who needs which imaging", [words], [table])


def cheers_section(cheers_items: pl.DataFrame) -> Section:
    """The CHEERS 2022 checklist as far as the run can fill it.

    Parameters: a table after the contract ``cheers_items``.
    """
    rows = cheers_items.rows(named=True)
    filled = sum(row["filled_by"] != "authors" for row in rows)
    words = f"{filled} of {len(rows)} items are filled by the run or its config."
    columns = [Column("Item"), *text_columns("Topic", "Said", "By")]
    body = [
        [
            Cell(str(row["item"]), row["item"]),
            Cell(row["topic"]),
            Cell(row["filled"]),
            Cell(row["filled_by"]),
        ]
        for row in rows
    ]
    table = PageTable("CHEERS 2022 checklist", columns, body, "tables/cheers_items.csv")
    return Section("cheers", "CHEERS 2022 checklist", [words], [table])


def _cells(row: Row) -> list[Cell]:
    return [
        Cell(row["group"]),
        Cell(row["protocol"]),
        Cell(f"{row['modality']}, {row['surrogate']}" if row["surrogate"] else row["modality"]),
        Cell(number(row["images_per_course"], 0), row["images_per_course"]),
        _interval(row, "margin", "_mm", 1),
        _interval(row, "ptv", "_cc", 0),
        _interval(row, "minutes_per_course", "", 0),
        Cell(number(row["patients_per_day"], 1, missing=_DASH), row["patients_per_day"]),
        _interval(row, "cost_per_course", "", 0),
        _interval(row, "imaging_dose", "_mgy", 0),
        Cell(
            number(row["prescription_share_percent"], 2, missing=_DASH),
            row["prescription_share_percent"],
        ),
        Cell("yes" if row["on_frontier"] else row["dominated_by"] or _DASH),
        Cell(row["covers"] or _DASH),
        Cell("; ".join(filter(None, (row["status"], row["reason"])))),
    ]


def _interval(row: Row, name: str, unit: str, digits: int) -> Cell:
    value, low, high = (row[f"{name}{end}{unit}"] for end in ("", "_low", "_high"))
    text = _DASH if value is None else with_interval(value, low, high, digits)
    return Cell(text, value)
