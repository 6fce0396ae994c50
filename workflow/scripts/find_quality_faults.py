"""Look for every silent fault of the log, and say what each does to the margin."""

import polars as pl

from popmargin.core.flags import Flag
from popmargin.margins.registry import find_recipe
from popmargin.pipeline.account import write_flags
from popmargin.pipeline.rows import write_rows
from popmargin.pipeline.script import rule_log
from popmargin.quality.effect import MarginMethod
from popmargin.quality.find_faults import find_quality_faults
from popmargin.quality.registry import FINDERS
from popmargin.quality.thresholds import Thresholds

NONE_FOUND = Flag(
    "no_silent_fault_seen",
    "info",
    f"{len(FINDERS)} looks for silent faults of the log found none; what the numbers alone cannot "
    "show (signs near a mean of zero, a unit wrong throughout, timing) rests on what is declared",
)


def main(shifts, quality_flags, quality_rows, flags, *, thresholds, choice, recipe, protocol, how):
    """Read all images, look at those of the analysis, write flags, margins and rows."""
    found = find_quality_faults(
        pl.scan_parquet(shifts),
        thresholds=Thresholds(**thresholds),
        method=MarginMethod(find_recipe(recipe), **how),
        protocol_in_force=protocol not in (None, "no_imaging"),
        **choice,
    )
    for rows, path, contract in (
        (found.rows, quality_flags, "quality_flags"),
        (found.suspects, quality_rows, "quality_rows"),
    ):
        write_rows(rows, path, contract, choice["group_by"])
    write_flags(found.flags or [NONE_FOUND], flags)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
