"""Section on the chain from margin to organ dose and response in the stated phantoms."""

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from popmargin.core.axes import TRANSLATIONS
from popmargin.reports.numbers import number
from popmargin.reports.section import Cell, Column, PageTable, Section, text_columns

Row = Mapping[str, Any]
_DASH: Final = "\N{EN DASH}"


def outcome_chain_section(outcome_chain: pl.DataFrame) -> Section:
    """PTV, organ dose, complication and change of control of every arm.

    Parameters: a table after the contract ``outcome_chain``.
    """
    rows = outcome_chain.rows(named=True)
    words = (
        "What margins and protocols would do to dose and response in a stated geometry: a "
        "spherical target and an organ beside it, virtual patients with the errors of the group. "
        "These are model figures, not outcomes of patients: read the direction and size of a "
        "difference, not a rate. Bands hold the uncertainty of the errors and the published limits "
        "of the model's parameters; tumour control is given as a difference only. Margins of "
        "recipes and protocols hold the errors of the group and of the error budget, no others."
    )
    columns = [
        *text_columns("Group", "Arm"),
        *map(
            Column,
            (
                "Margin LR / SI / AP, mm",
                "PTV, cc",
                "Patients with a cold target",
                "Organ mean dose, Gy",
                "NTCP, %",
                "NTCP minus reference, points",
                "TCP minus reference, points",
            ),
        ),
        *text_columns("Parameters"),
    ]
    body = [_cells(row) for row in rows]
    table = PageTable(
        "From margin to response; the first arm of a group is the reference",
        columns,
        body,
        "tables/outcome_chain.csv",
    )
    return Section("response", "What margins do to dose and response", [words], [table])


def points(row: Row, name: str, digits: int = 1) -> str:
    """A probability or its difference in per cent (points) with its band, a dash where none.

    >>> points({"ntcp": 0.12, "ntcp_low": 0.05, "ntcp_high": 0.3}, "ntcp")
    '12.0 (5.0 to 30.0)'
    """
    value, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
    if value is None:
        return _DASH
    text = number(100.0 * value, digits)
    if low is None or high is None:
        return f"{text} (no band)"
    return f"{text} ({number(100.0 * low, digits)} to {number(100.0 * high, digits)})"


def _cells(row: Row) -> list[Cell]:
    if row["arm"] is None or row["ptv_cc"] is None:
        why = row["reason"] or "not estimable"
        return [Cell(row["group"]), Cell(row["arm"] or _DASH), *[Cell(_DASH)] * 7, Cell(why)]
    margins = " / ".join(number(row[f"margin_{axis}_mm"]) for axis in TRANSLATIONS)
    sets = [row[name] for name in ("ntcp_set", "tcp_set") if row[name]]
    said = "; ".join(filter(None, (", ".join(sets), row["status"], row["reason"])))
    return [
        Cell(row["group"]),
        Cell(row["arm"]),
        Cell(margins, row["margin_lr_mm"]),
        Cell(number(row["ptv_cc"], 0), row["ptv_cc"]),
        Cell(f"{number(100.0 * row['underdosed_share'], 1)} %", row["underdosed_share"]),
        Cell(f"{row['organ']} {number(row['organ_mean_dose_gy'], 1)}", row["organ_mean_dose_gy"]),
        Cell(points(row, "ntcp"), row["ntcp"]),
        Cell(points(row, "ntcp_difference"), row["ntcp_difference"]),
        Cell(points(row, "tcp_difference"), row["tcp_difference"]),
        Cell(said or _DASH),
    ]
