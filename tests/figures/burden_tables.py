"""Tables of the burden for made-up margins: no replay, the stage's own functions."""

import functools

import polars as pl

from popmargin.burden.acceptability import acceptability_rows
from popmargin.burden.break_even import break_even_rows
from popmargin.burden.burden_rows import burden_rows
from popmargin.burden.cheers import cheers_rows, record_rows
from popmargin.burden.comparison import Comparison
from popmargin.burden.indications import imaging_indications
from popmargin.burden.organ_dose import organ_dose_rows
from popmargin.burden.question import burden_question
from popmargin.burden.sensitivity import sensitivity_rows
from popmargin.burden.strategies import Strategy
from popmargin.burden.threshold_rows import threshold_rows
from popmargin.burden.verdict import describe_frontier
from popmargin.pipeline.rows import rows_table
from tests.unit.burden.site_records import SITE


@functools.cache
def burden_tables(groups: tuple[str, ...]) -> dict[str, pl.DataFrame]:
    """Every table of the stage for these groups."""
    section = {
        "protocols": ["no_imaging", "nal", "daily"],
        "modalities": ["kv_cbct", "surface"],
        "regions": dict.fromkeys(groups, "pelvis"),
        "prescription_gy": 70,
        "records": SITE,
    }
    question = burden_question(section, fractions=35, ctv_radius_mm=30)
    compared = [Comparison(group, question, strategies(k)) for k, group in enumerate(groups)]
    rows = [row for comparison in compared for row in burden_rows(comparison)]
    tables = {
        "burden": rows,
        "burden_sensitivity": [r for c in compared for r in sensitivity_rows(c)],
        "burden_acceptability": [r for c in compared for r in acceptability_rows(c)],
        "burden_break_even": [r for c in compared for r in break_even_rows(c)],
        "burden_thresholds": [r for c in compared for r in threshold_rows(c)],
        "imaging_organ_doses": [r for c in compared for r in organ_dose_rows(c)],
        "burden_records": record_rows(question),
        "imaging_indications": imaging_indications(rows, {}),
        "cheers_items": cheers_rows(question, rows, describe_frontier(rows), {}),
    }
    return {name: as_read(rows_table(found, name)) for name, found in tables.items()}


def as_read(table: pl.DataFrame) -> pl.DataFrame:
    """Truth values as a result table has them on disk."""
    return table.with_columns(pl.col(pl.Boolean).cast(pl.String))


def strategies(place: int) -> tuple[Strategy, ...]:
    """Three protocols, two modalities; margins that fall with the images."""
    found = []
    for protocol, images, margin in (("no_imaging", 0, 8.0), ("nal", 3, 6.0), ("daily", 35, 1.0)):
        for modality in ("none",) if images == 0 else ("kv_cbct", "surface"):
            value = margin + 0.3 * place + (0.5 if modality == "surface" else 0.0)
            limits = (value, value + 1.0, value + 0.5)
            found.append(
                Strategy(
                    protocol,
                    modality,
                    {"kv_cbct": "soft_tissue", "surface": "surface"}.get(modality, ""),
                    float(images),
                    limits,
                    tuple(0.9 * v for v in limits),
                    tuple(1.2 * v for v in limits),
                    uses_residual=images > 0,
                    covers="set-up error only",
                )
            )
    return tuple(found)
