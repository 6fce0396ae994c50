"""Choose the images that count and summarise them per patient, course and plan."""

from pathlib import Path

import polars as pl

from popmargin.errors.select import group_label, select_images
from popmargin.errors.selection_remarks import image_flags, pooled_flags
from popmargin.errors.units import summarise_units
from popmargin.pipeline.account import flags_table, selection_lines
from popmargin.pipeline.script import rule_log
from popmargin.tables.write import write_table


def main(shifts, unit_summaries, selected, ledger, flags, **choice):
    """Write the summaries, the chosen rows, and the account of the others."""
    rows = pl.scan_parquet(Path(shifts))
    units = summarise_units(rows, **choice)
    chosen = with_centre(rows, **choice)
    total = rows.select(pl.len()).collect().item()
    averaged = choice["image"] == "mean"
    write_table(units.summaries(), unit_summaries, contract="unit_summaries")
    write_table(chosen.sort("group", "patient_id", pl.exclude("group", "patient_id")), selected)
    write_table(
        selection_lines(total, units.images, units.selected, averaged), ledger, contract="ledger"
    )
    remarks = [
        *pooled_flags(rows, choice["group_by"]),
        *image_flags(units.images, units.selected, choice["image"]),
    ]
    write_table(flags_table(remarks), flags, contract="flags")


def with_centre(rows, *, group_by, **choice):
    """Keep the centre beside the chosen images: it makes no group, but a level of its own."""
    known = "centre" in rows.collect_schema().names()
    columns = [*dict.fromkeys([*group_by, "centre"])] if known else group_by
    chosen = select_images(rows, group_by=columns, **choice)
    return chosen.with_columns(group_label(group_by)).collect()


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
