"""Sections on organs that move and fill, and on depth and dose."""

from collections.abc import Callable, Mapping
from typing import Final

import polars as pl

from popmargin.reports.columns import (
    Row,
    counted,
    estimate,
    made,
    named,
    plain,
    share,
    table_of,
    text,
)
from popmargin.reports.numbers import DASH, NOT_ESTIMABLE, number, percent
from popmargin.reports.section import Section


def mobility_section(table: pl.DataFrame) -> Section:
    """Displacement and filling; a table after ``organ_mobility``."""
    words = (
        "Displacement of an organ relative to bone, its group mean and its errors, and its slope "
        "for each unit of filling on the same day by a mixed model."
    )
    page = table_of(
        "Mobility: value (interval)",
        table.rows(named=True),
        [
            named("Organ", "organ"),
            named("Filling", "filling"),
            text("Unit of filling", "filling_unit"),
            counted("Patients", "n_patients"),
            counted("Fractions", "n_fractions"),
            estimate("M, mm", "group_mean", "_mm", 1, missing=DASH),
            estimate("Σ, mm", "systematic_sd", "_mm", 1, missing=DASH),
            estimate("σ, mm", "random_sd", "_mm", 1, missing=DASH),
            estimate("Slope, mm per unit", "slope", "", missing=DASH),
            estimate("SD between patients", "slope_sd", "", missing=DASH),
            made("Explained", _explained, "explained"),
            text("Remark", "reason"),
        ],
        "tables/organ_mobility.csv",
    )
    return Section("mobility", "Organs and their filling", [words], [page])


def rules_section(table: pl.DataFrame) -> Section:
    """Treat later and plan libraries; a table after ``filling_rules``."""
    words = (
        "What is left of the displacement within patients when fractions with an unusual filling "
        "are treated later, or when the nearest plan of a library is taken; the yield is what is "
        "saved for each share of fractions postponed. Replayed on the same fractions that are "
        "logged, with intervals over patients; libraries use the slope of the other patients."
    )
    page = table_of(
        "Rules on filling: value (interval)",
        table.rows(named=True),
        [
            named("Organ", "organ"),
            named("Filling", "filling"),
            named("Rule", "rule"),
            plain("Setting", "setting", 2, missing=NOT_ESTIMABLE),
            estimate("RMS left, mm", "rms", missing=DASH),
            estimate("Saved, mm", "rms_saved", missing=DASH),
            share("Postponed, %", "postponed_share", missing=DASH),
            estimate("mm per postponed", "saved_per_postponed", missing=DASH),
        ],
        "tables/filling_rules.csv",
    )
    return Section("filling", "Treat later and plan libraries", [words], [page])


def depth_section(table: pl.DataFrame) -> Section:
    """Dose change by depth, the largest of each patient; a table after ``depth_dose``."""
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
    threshold = table["threshold_mm"].drop_nulls()
    depth = number(threshold[0], 1) if threshold.len() else "not known"
    words = (
        "An estimate from the attenuation of the beam alone, no dose: a deeper target gets less. "
        "The limits are those of the beams that go by the name of the energy. The change of dose "
        f"that counts is reached at {depth} mm of water; beyond it a dose should be calculated "
        "on the image of the day. An arc is the mean of its directions."
    )
    page = table_of(
        "Depth and dose: value (limits)",
        largest.rows(named=True),
        [
            named("Patient", "patient_id"),
            named("Structure", "structure"),
            text("Beam or arc", "side"),
            counted("Fractions", "fractions"),
            plain("Largest change of depth, mm", "depth_change_mm", missing=NOT_ESTIMABLE),
            estimate("Change of dose, %", "dose_change", "_percent", 1, missing=DASH),
            counted("Beyond the threshold", "beyond"),
        ],
        "tables/depth_dose.csv",
    )
    return Section("depth", "Depth and dose", [words], [page])


ORGAN_SECTIONS: Final[Mapping[str, Callable[[pl.DataFrame], Section]]] = {
    "organ_mobility": mobility_section,
    "filling_rules": rules_section,
    "depth_dose": depth_section,
}


def _explained(row: Row) -> str:
    return DASH if row["explained"] is None else percent(round(row["explained"], 2))
