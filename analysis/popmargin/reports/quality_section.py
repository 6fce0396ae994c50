"""Section on silent faults of the log: who raises a flag, and the margin with and without."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from popmargin.core.axes import AXIS_LABELS
from popmargin.reports.account_section import SEVERITIES
from popmargin.reports.numbers import count, number, with_interval
from popmargin.reports.section import Cell, Column, PageTable, Section, text_columns


def quality_section(quality: pl.DataFrame) -> Section:
    """Faults found, gravest first, with both margins.

    Parameters: a table after the contract ``quality_flags``.
    """
    order = {severity: rank for rank, severity in enumerate(SEVERITIES)}
    rows = sorted(quality.rows(named=True), key=lambda row: order.get(row["severity"], len(order)))
    columns = [
        *text_columns("Severity", "Fault", "Group", "Axis"),
        *map(Column, ("Patients", "Rows", "Margin with, mm", "Margin without, mm", "Effect, mm")),
    ]
    words = (
        "Margins as the rows are, and as they might be without the fault: a likely repair, to "
        "judge the fault by, not a margin to use. Correct the data at their source; a flag that "
        "blocks margins can be overridden in the config with a written reason. The rows behind "
        "each flag are in tables/quality_rows.csv."
    )
    caption = "Silent faults: margin with and without (interval)"
    table = PageTable(caption, columns, [_row(row) for row in rows], "tables/quality_flags.csv")
    return Section("quality", "Quality of the data", [words], [table])


def _row(row: Mapping[str, Any]) -> list[Cell]:
    return [
        Cell(SEVERITIES.get(row["severity"], row["severity"])),
        Cell(str(row["code"]).replace("_", " ")),
        Cell(row["group"]),
        Cell(AXIS_LABELS[row["axis"]]),
        Cell(count(row["n_patients"]), row["n_patients"]),
        Cell(f"{count(row['n_rows'])} ({row['share_of_rows']:.0%})", row["n_rows"]),
        _margin(row, "margin_with"),
        _margin(row, "margin_without"),
        Cell(number(row["effect_mm"], missing="not known"), row["effect_mm"]),
    ]


def _margin(row: Mapping[str, Any], name: str) -> Cell:
    value, low, high = (row[f"{name}{end}_mm"] for end in ("", "_low", "_high"))
    if value is None:
        return Cell("not known")
    return Cell(with_interval(value, low, high, 1), value)
