"""Estimate each kind of error by itself, with its margin and what that covers."""

import polars as pl

from popmargin.core.flags import one_per_code
from popmargin.errors.analyses import analyses_of
from popmargin.margins.registry import find_recipe
from popmargin.pipeline.account import read_flags, withheld, write_flags
from popmargin.pipeline.rows import write_rows
from popmargin.pipeline.script import rule_log
from popmargin.quality.analyses import estimate_analysis_margins
from popmargin.quality.thresholds import Thresholds


def main(
    shifts,
    earlier_flags,
    analysis_errors,
    flags,
    *,
    analyses,
    thresholds,
    choice,
    estimating,
    recipe,
    how,
    overrides,
):
    """Read all shifts, analyse one kind after the other, write one table."""
    found = [
        estimate_analysis_margins(
            pl.scan_parquet(shifts),
            analysis,
            find_recipe(recipe),
            thresholds=Thresholds(**thresholds),
            answered=frozenset(entry["flag"] for entry in overrides),
            withheld=withheld(read_flags(*earlier_flags), overrides),
            how={name: value for name, value in how.items() if name != "covers"},
            estimating=estimating,
            **choice,
        )
        for analysis in analyses_of(analyses)
    ]
    write_rows(
        [row for part, _ in found for row in part],
        analysis_errors,
        "analysis_errors",
        choice["group_by"],
    )
    remarks = [flag for _, part in found for flag in one_per_code(part)]
    write_flags(remarks, flags)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
