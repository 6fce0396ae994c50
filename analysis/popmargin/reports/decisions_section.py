"""Sections for decisions: margins that borrow from the literature, shifts for robust planning."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from popmargin.core.axes import AXIS_LABELS
from popmargin.reports.numbers import count, interval_of, number, with_interval
from popmargin.reports.section import Cell, Column, PageTable, Section, text_columns

Row = Mapping[str, Any]


def off_axis_section(off_axis_margins: pl.DataFrame) -> Section:
    """Margins of targets away from a single isocentre.

    Parameters: a table after the contract ``off_axis_margins``.
    """
    rows = off_axis_margins.rows(named=True)
    sources = "; ".join(dict.fromkeys(row["rotation_source"] or "none" for row in rows))
    words = (
        f"Margins of {rows[0]['recipe']} for targets at a distance from the isocentre: rotations "
        f"(from: {sources}) displace them in proportion to it. The margin is for a direction "
        "averaged over all; a target in the direction in which rotations displace it most needs "
        f"that of the last column. Covers {rows[0]['covers']}."
    )
    columns = [
        *text_columns("Group", "Axis"),
        *map(Column, ("Distance, mm", "Σ of rotation, mm", "σ of rotation, mm")),
        *map(Column, ("Margin, mm (interval)", "Worst direction, mm")),
    ]
    names = ("rotation_systematic_sd_mm", "rotation_random_sd_mm")
    body = [
        [
            Cell(row["group"]),
            Cell(AXIS_LABELS[row["axis"]]),
            Cell(f"{row['distance_mm']:g}", row["distance_mm"]),
            *(Cell(number(row[n], 2, missing="\N{EN DASH}"), row[n]) for n in names),
            Cell(interval_of(row, "margin"), row["margin_mm"]),
            Cell(
                number(row["margin_worst_direction_mm"], missing="\N{EN DASH}"),
                row["margin_worst_direction_mm"],
            ),
        ]
        for row in rows
    ]
    table = PageTable("Margin off axis", columns, body, "tables/off_axis_margins.csv")
    return Section("offaxis", "Targets away from the isocentre", [words], [table])


def borrowing_section(borrowed_margins: pl.DataFrame) -> Section:
    """Errors and margins with a prior from the literature, its weight, and the data alone.

    Parameters: a table after the contract ``borrowed_margins``.
    """
    rows = borrowed_margins.rows(named=True)
    words = [
        "The config asks for these groups to borrow from published rows: their errors and margins "
        "are those of data and literature together, with the weight of the literature beside "
        "them. They stand beside the group's own and replace nothing. Where data and literature "
        "disagree (small p), do not use them.",
        *dict.fromkeys(
            f"Prior of {row['group']}, {AXIS_LABELS[row['axis']]}: {row['prior_site']} "
            f"({row['papers']})."
            for row in rows
        ),
    ]
    columns = [
        *text_columns("Group", "Axis", "Recipe"),
        *map(Column, ("Margin, own, mm", "Margin, borrowed, mm")),
        *map(Column, ("Σ, own", "Σ, literature", "Σ, together", "of it from literature", "p")),
        *map(Column, ("σ, own", "σ, literature", "σ, together", "of it from literature", "p")),
    ]
    body = [
        [
            *(Cell(text) for text in (row["group"], AXIS_LABELS[row["axis"]], row["recipe"])),
            Cell(number(row["margin_own_mm"]), row["margin_own_mm"]),
            Cell(interval_of(row, "margin"), row["margin_mm"]),
            *_borrowed(row, "systematic_sd"),
            *_borrowed(row, "random_sd"),
        ]
        for row in rows
    ]
    table = PageTable(
        "Margins that borrow (interval), mm", columns, body, "tables/borrowed_margins.csv"
    )
    return Section("borrowing", "Borrowing from the literature", words, [table])


def _borrowed(row: Row, name: str) -> list[Cell]:
    own, share = row[f"{name}_own_mm"], row[f"{name}_literature_share"]
    patients, p_value = row[f"{name}_literature_patients"], row[f"{name}_disagreement_p_value"]
    value, low, high = (row[f"{name}_literature{end}_mm"] for end in ("", "_low", "_high"))
    weight = f"{number(None if share is None else 100 * share, 0)} % ({number(patients, 0)} p.)"
    return [
        Cell(number(own, 2), own),
        Cell(with_interval(value, low, high, 2)),
        Cell(interval_of(row, name, digits=2), row[f"{name}_mm"]),
        Cell(weight, share),
        Cell(number(p_value, 2), p_value),
    ]


def scenarios_section(scenario_shifts: pl.DataFrame) -> Section:
    """Worst-case shifts of every group; drawn courses are counted, the file holds them.

    Parameters: a table after the contract ``scenario_shifts``.
    """
    drawn = scenario_shifts.filter(kind="sampled")
    courses = drawn.select("group", "course").n_unique()
    words = (
        "Shifts of the target against the plan in patient axes (+ left, superior, anterior); a "
        "planning system that moves the isocentre wants their negative. Systematic scenarios lie "
        "on the ellipsoid of the wanted share of patients and hold in every fraction. A plan that "
        "is robust at these points need not be so between them. The group mean is taken as "
        "corrected."
    )
    if courses:
        words += f" The file holds {count(courses)} drawn courses as well."
    columns = [
        *text_columns("Group", "Kind"),
        *map(Column, ("Scenario", "LR, mm", "SI, mm", "AP, mm", "Range, %")),
    ]
    body = [
        [
            Cell(row["group"]),
            Cell(row["kind"]),
            Cell(count(row["scenario"]), row["scenario"]),
            *(Cell(number(row[f"{axis}_mm"]), row[f"{axis}_mm"]) for axis in ("lr", "si", "ap")),
            Cell(number(row["range_percent"], missing="\N{EN DASH}"), row["range_percent"]),
        ]
        for row in scenario_shifts.filter(pl.col("kind") != "sampled").rows(named=True)
    ]
    file = "tables/scenario_shifts.csv"
    table = PageTable("Scenario shifts for robust planning", columns, body, file)
    return Section("scenarios", "Shifts for robust planning", [words], [table])
