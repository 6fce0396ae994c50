"""Sections on the burden of imaging: the trade-off, who needs it, and the CHEERS checklist."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from popmargin.burden.verdict import describe_frontier
from popmargin.reports.columns import Row, estimate, numbered, plain, table_of, text
from popmargin.reports.numbers import DASH, NOT_ESTIMABLE
from popmargin.reports.section import PageTable, Section

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

_STATE: Final = ": state "


def burden_section(burden: pl.DataFrame) -> Section:
    """Margin, minutes, cost and dose of every protocol and modality, and what rests on defaults.

    Parameters: a table after the contract ``burden``.
    """
    rows = [{**row, "on_frontier": row["on_frontier"] == "true"} for row in burden.rows(named=True)]
    first = rows[0]
    words = [
        "Margins come from replaying each protocol on the logged errors; the margin is the mean of "
        "the three axes and covers what the notes say. What is matched on bone or surface "
        "leaves out how the target moves against it. Differences are against the group's first "
        "row. Nominal risk and integral dose compare options; they are no patient's risk.",
        *describe_frontier(rows),
    ]
    money = f"{first['currency']} {first['price_year']}" if first["currency"] else "not stated"
    lacking = _lacking(rows)
    numbers = numbered(note for row in rows for note in _notes(row))
    table = table_of(
        "Burden of imaging: value (interval over the stated ranges)",
        rows,
        [
            text("Group", "group"),
            text("Protocol", "protocol"),
            text("Modality", _modality),
            plain("Images", "images_per_course", 0, missing=NOT_ESTIMABLE),
            estimate("Margin, mm", "margin", "_mm", 1, missing=DASH),
            estimate("PTV, cc", "ptv", "_cc", 0, missing=DASH),
            estimate("Minutes a course", "minutes_per_course", "", 0, missing=DASH),
            plain("Patients a day", "patients_per_day"),
            estimate(f"Cost a course ({money})", "cost_per_course", "", 0, missing=DASH),
            estimate("Imaging dose, mGy", "imaging_dose", "_mgy", 0, missing=DASH),
            plain("Share of prescription, %", "prescription_share_percent", 2),
            text("Not dominated", lambda row: "yes" if row["on_frontier"] else row["dominated_by"]),
            text("Notes", lambda row: ", ".join(str(numbers[said]) for said in _notes(row))),
        ],
        "tables/burden.csv",
    )
    notes = table_of(
        "Notes to the table above: what margins cover, and on what the rows rest",
        [
            {"number": number, "said": " ".join(filter(None, (note, lacking.get(note))))}
            for note, number in numbers.items()
        ],
        [plain("Note", "number", None), text("Says", "said")],
    )
    tables = [table, notes, _effort(rows)]
    return Section("burden", "What imaging takes and what it buys", words, tables)


def _effort(rows: Sequence[Row]) -> PageTable:
    """Time of machine and staff, cost of a fraction, effective dose and organ at risk."""
    return table_of(
        "Time of the machine and of the staff, cost, effective dose, and the organ at risk by the "
        "curve of the outcomes (change against the group's first row, interval)",
        rows,
        [
            text("Group", "group"),
            text("Protocol", "protocol"),
            text("Modality", "modality"),
            text("Shows", "sees"),
            *(plain(title, name, digits) for title, name, digits in _EFFORT),
            estimate("NTCP, points", "ntcp_change", "_percent", 1, missing=DASH),
            text("Organ (model)", _organ),
        ],
        "tables/burden.csv",
    )


def _modality(row: Row) -> str:
    return ", ".join(filter(None, (row["modality"], row["surrogate"])))


def _notes(row: Row) -> list[str]:
    """What would fill a row's cells with the words of others: said once, below the table."""
    covers = f"The margin covers {row['covers']}." if row["covers"] else ""
    inputs = f"Inputs: {row['status']}." if row["status"] else ""
    reasons = [part.partition(_STATE)[0] + "." for part in (row["reason"] or "").split("; ")]
    return [note for note in (covers, inputs, *reasons) if note.strip(".")]


def _lacking(rows: Sequence[Row]) -> dict[str, str]:
    """What to state in the config for each note that some number is not estimable."""
    found: dict[str, dict[str, None]] = {}
    for row in rows:
        for part in (row["reason"] or "").split("; "):
            note, _, key = part.partition(_STATE)
            if key:
                found.setdefault(f"{note}.", {})[key] = None
    return {note: f"To be stated: {', '.join(keys)}." for note, keys in found.items()}


def _organ(row: Row) -> str | None:
    return f"{row['organ']} ({row['ntcp_set']})" if row["organ"] else None


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
    table = table_of(
        "Inputs of the burden",
        rows,
        [
            text("Input", "key"),
            plain("Low", "low", None),
            plain("Typical", "typical", None),
            plain("High", "high", None),
            text("Unit", _unit),
            text("Distribution", "distribution"),
            text("Status", "status"),
            text("Source", lambda row: ": ".join(filter(None, (row["source"], row["note"])))),
        ],
        "tables/burden_records.csv",
    )
    return Section("inputs", "Inputs of the burden", [words], [table])


def _unit(row: Row) -> str:
    return f"{row['unit']} {row['price_year']}" if row["price_year"] else row["unit"]


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
    table = table_of(
        "Who needs which imaging",
        shown,
        [
            text("Group", "group"),
            text("Site", "site"),
            text("Concerns", "concerns"),
            text("Situation", "indication"),
            text("Applies", "applies"),
            text("Advice", "advice"),
            text("Why", "reason"),
            text("Source (status)", lambda row: f"{row['source']} ({row['status']})"),
        ],
        "tables/imaging_indications.csv",
    )
    return Section("indications", "Who needs which imaging", [words], [table])


def cheers_section(cheers_items: pl.DataFrame) -> Section:
    """The CHEERS 2022 checklist as far as the run can fill it.

    Parameters: a table after the contract ``cheers_items``.
    """
    rows = cheers_items.rows(named=True)
    filled = sum(row["filled_by"] != "authors" for row in rows)
    words = f"{filled} of {len(rows)} items are filled by the run or its config."
    table = table_of(
        "CHEERS 2022 checklist",
        rows,
        [
            plain("Item", "item", None),
            text("Topic", "topic"),
            text("Said", "filled"),
            text("By", "filled_by"),
        ],
        "tables/cheers_items.csv",
    )
    return Section("cheers", "CHEERS 2022 checklist", [words], [table])
