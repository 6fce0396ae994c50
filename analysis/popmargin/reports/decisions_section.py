"""Sections for decisions: margins that borrow from the literature, shifts for robust planning."""

import polars as pl

from popmargin.core.axes import AXIS_LABELS
from popmargin.reports.columns import (
    Field,
    Row,
    axis,
    counted,
    estimate,
    made,
    plain,
    table_of,
    text,
)
from popmargin.reports.numbers import NOT_ESTIMABLE, count, number, with_interval
from popmargin.reports.section import Section


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
    table = table_of(
        "Margin off axis",
        rows,
        [
            text("Group", "group"),
            axis("text"),
            plain("Distance, mm", "distance_mm", None),
            plain("Σ of rotation, mm", "rotation_systematic_sd_mm", 2),
            plain("σ of rotation, mm", "rotation_random_sd_mm", 2),
            estimate("Margin, mm (interval)", "margin", digits=1),
            plain("Worst direction, mm", "margin_worst_direction_mm"),
        ],
        "tables/off_axis_margins.csv",
    )
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
    table = table_of(
        "Margins that borrow (interval), mm",
        rows,
        [
            text("Group", "group"),
            axis("text"),
            text("Recipe", "recipe"),
            plain("Margin, own, mm", "margin_own_mm", missing=NOT_ESTIMABLE),
            estimate("Margin, borrowed, mm", "margin", digits=1),
            *_borrowed("Σ", "systematic_sd"),
            *_borrowed("σ", "random_sd"),
        ],
        "tables/borrowed_margins.csv",
    )
    return Section("borrowing", "Borrowing from the literature", words, [table])


def _borrowed(symbol: str, name: str) -> list[Field]:
    def literature(row: Row) -> str:
        value, low, high = (row[f"{name}_literature{e}_mm"] for e in ("", "_low", "_high"))
        return with_interval(value, low, high, 2)

    def weight(row: Row) -> str:
        part, patients = row[f"{name}_literature_share"], row[f"{name}_literature_patients"]
        return f"{number(None if part is None else 100 * part, 0)} % ({number(patients, 0)} p.)"

    return [
        plain(f"{symbol}, own", f"{name}_own_mm", 2, missing=NOT_ESTIMABLE),
        made(f"{symbol}, literature", literature),
        estimate(f"{symbol}, together", name),
        made("of it from literature", weight, f"{name}_literature_share"),
        plain("p", f"{name}_disagreement_p_value", 2, missing=NOT_ESTIMABLE),
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
    table = table_of(
        "Scenario shifts for robust planning",
        scenario_shifts.filter(pl.col("kind") != "sampled").rows(named=True),
        [
            text("Group", "group"),
            text("Kind", "kind"),
            counted("Scenario", "scenario"),
            plain("LR, mm", "lr_mm", missing=NOT_ESTIMABLE),
            plain("SI, mm", "si_mm", missing=NOT_ESTIMABLE),
            plain("AP, mm", "ap_mm", missing=NOT_ESTIMABLE),
            plain("Range, %", "range_percent"),
        ],
        "tables/scenario_shifts.csv",
    )
    return Section("scenarios", "Shifts for robust planning", [words], [table])
