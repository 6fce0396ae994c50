"""Estimate what moves within a fraction, how it grows, and how often to image again."""

import polars as pl

from popmargin.motion.growth_curve import describe_growth, reimaging_intervals
from popmargin.motion.intrafraction import estimate_intrafraction_motion
from popmargin.motion.moves import moves_within_fractions
from popmargin.motion.trace_moves import moves_of_traces
from popmargin.pipeline.account import write_flags
from popmargin.pipeline.rows import write_rows
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.within_reach import read_images_within_fractions


def main(
    shifts, traces, intrafraction_motion, motion_growth, reimaging, flags,
    *, group_by, match_sd_mm, tolerances_mm, delay_min, block_s, confidence_level, seed,
):  # fmt: skip
    """Read all images of all fractions and all traces, follow each fraction, write three tables."""
    images, sampled = read_images_within_fractions(shifts, group_by)
    moves = moves_within_fractions(images)
    settings = {"confidence_level": confidence_level, "seed": seed}
    rows, remarks = estimate_intrafraction_motion(moves, match_sd_mm=match_sd_mm, **settings)
    growth = describe_growth(moves, confidence_level=confidence_level)
    if traces:
        # The error of an image match is none of a trace: what its means add is estimated.
        moved = moves_of_traces(pl.read_parquet(traces), block_s=block_s)
        more, more_remarks = estimate_intrafraction_motion(moved, **settings)
        rows, remarks = rows + more, remarks + more_remarks
        growth += describe_growth(moved, confidence_level=confidence_level)
    remarks = [*sampled, *remarks]
    intervals = reimaging_intervals(rows, tolerances_mm, delay_min=delay_min)
    write_rows(rows, intrafraction_motion, "intrafraction_motion")
    write_rows(growth, motion_growth, "motion_growth")
    write_rows(intervals, reimaging, "reimaging")
    write_flags(remarks, flags)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
