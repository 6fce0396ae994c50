"""Sections on organs that move and fill, and on depth and dose."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import polars as pl

from popmargin.reports.numbers import count, interval_of, number, percent
from popmargin.reports.section import Cell, Column, PageTable, Section, text_columns

Row = Mapping[str, Any]
_DASH: Final = "\N{EN DASH}"


def mobility_section(table: pl.DataFrame) -> Section:
    """Displacement and filling; a table after ``organ_mobility``."""
    columns = [
        *text_columns("Organ", "Filling", "Unit of filling"),
        *map(Column, ("Patients", "Fractions", "M, mm", "Σ, mm", "σ, mm", "Slope, mm per unit",
                      "SD between patients", "Explained")),
        *text_columns("Remark"),
    ]  # fmt: skip
    rows = [
        [
            *_names(row, "organ", "filling"),
            Cell(row["filling_unit"] or _DASH),
            Cell(count(row["n_patients"]), row["n_patients"]),
            Cell(count(row["n_fractions"]), row["n_fractions"]),
            *(_value(row, name, "_mm", 1) for name in ("group_mean", "systematic_sd", "random_sd")),
            _value(row, "slope"),
            _value(row, "slope_sd"),
            Cell(_DASH if row["explained"] is None else percent(round(row["explained"], 2)),
                 row["explained"]),
            Cell(row["reason"] or _DASH),
        ]
        for row in table.rows(named=True)
    ]  # fmt: skip
    words = (
        "Displacement of an organ relative to bone, its group mean and its errors, and its slope "
        "for each unit of filling on the same day by a mixed model."
    )
    page = PageTable("Mobility: value (interval)", columns, rows, "tables/organ_mobility.csv")
    return Section("mobility", "Organs and their filling", [words], [page])


def rules_section(table: pl.DataFrame) -> Section:
    """Treat later and plan libraries; a table after ``filling_rules``."""
    columns = [
        *text_columns("Organ", "Filling", "Rule"),
        *map(Column, ("Setting", "RMS left, mm", "Saved, mm", "Postponed, %", "mm per postponed")),
    ]
    rows = [
        [
            *_names(row, "organ", "filling", "rule"),
            Cell(number(row["setting"], 2), row["setting"]),
            _value(row, "rms", "_mm"),
            _value(row, "rms_saved", "_mm"),
            _percent(row, "postponed_share"),
            _value(row, "saved_per_postponed", "_mm"),
        ]
        for row in table.rows(named=True)
    ]
    words = (
        "What is left of the displacement within patients when fractions with an unusual filling "
        "are treated later, or when the nearest plan of a library is taken; the yield is what is "
        "saved for each share of fractions postponed. Replayed on the same fractions that are "
        "logged, with intervals over patients; libraries use the slope of the other patients."
    )
    page = PageTable(
        "Rules on filling: value (interval)", columns, rows, "tables/filling_rules.csv"
    )
    return Section("filling", "Treat later and plan libraries", [words], [page])


def depth_section(table: pl.DataFrame) -> Section:
    """Dose change by depth, the largest of each patient; a table after ``depth_dose``."""
    columns = [
        *text_columns("Patient", "Structure", "Beam or arc"),
        *map(Column, ("Fractions", "Largest change of depth, mm", "Change of dose, %",
                      "Beyond the threshold")),
    ]  # fmt: skip
    key = ["patient_id", "structure", "side"]
    largest = (
        table.sort("fraction")
        .group_by(key, maintain_order=True)
        .agg(
            pl.len().alias("fractions"),
            (pl.col("beyond_threshold") == "yes").sum().alias("beyond"),
            pl.all().exclude(key).sort_by(pl.col("depth_change_mm").abs()).last(),
        )
        .sort(key)
    )
    rows = [
        [
            *_names(row, "patient_id", "structure"),
            Cell(row["side"] or _DASH),
            Cell(count(row["fractions"]), row["fractions"]),
            Cell(number(row["depth_change_mm"], 1), row["depth_change_mm"]),
            _value(row, "dose_change", "_percent", 1),
            Cell(count(row["beyond"]), row["beyond"]),
        ]
        for row in largest.rows(named=True)
    ]
    threshold = table["threshold_mm"].drop_nulls()
    depth = number(threshold[0], 1) if threshold.len() else "not known"
    words = (
        "An estimate from the attenuation of the beam alone, no dose: a deeper target gets less. "
        "The limits are those of the beams that go by the name of the energy. The change of dose "
        f"that counts is reached at {depth} mm of water; beyond it a dose should be calculated "
        "on the image of the day. An arc is the mean of its directions."
    )
    page = PageTable("Depth and dose: value (limits)", columns, rows, "tables/depth_dose.csv")
    return Section("depth", "Depth and dose", [words], [page])


ORGAN_SECTIONS: Final[Mapping[str, Callable[[pl.DataFrame], Section]]] = {
    "organ_mobility": mobility_section,
    "filling_rules": rules_section,
    "depth_dose": depth_section,
}


def _names(row: Row, *names: str) -> list[Cell]:
    return [Cell(str(row[name]).replace("_", " ")) for name in names]


def _value(row: Row, name: str, unit: str = "", digits: int = 2) -> Cell:
    if row[f"{name}{unit}"] is None:
        return Cell(_DASH)
    shown = {**row, "reason": None}
    return Cell(interval_of(shown, name, unit, digits), row[f"{name}{unit}"])


def _percent(row: Row, name: str) -> Cell:
    if row[name] is None:
        return Cell(_DASH)
    parts = {f"{name}{e}": row[f"{name}{e}"] for e in ("", "_low", "_high")}
    scaled = {key: None if value is None else 100.0 * value for key, value in parts.items()}
    return Cell(interval_of(scaled, name, "", 1), row[name])
