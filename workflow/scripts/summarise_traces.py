"""Summarise the breathing of every trace, and of the population."""

import polars as pl

from popmargin.motion.amplitudes import summarise_amplitudes
from popmargin.motion.trace_summaries import estimate_breathing_population, summarise_traces
from popmargin.pipeline.account import write_flags
from popmargin.pipeline.rows import write_rows
from popmargin.pipeline.script import rule_log


def main(
    traces, anatomy, trace_summaries, breathing_population, flags,
    *, describing, confidence_level, seed,
):  # fmt: skip
    """Read all samples, write one row a trace and axis, and one a quantity of the population."""
    options = {"confidence_level": confidence_level, **describing}
    rows, remarks = summarise_traces(pl.read_parquet(traces), **options) if traces else ([], [])
    if anatomy:
        measured = sorted({row["patient_id"] for row in rows if row["reason"] is None})
        more, more_remarks = summarise_amplitudes(
            pl.read_parquet(anatomy), measured=measured, **options
        )
        rows, remarks = rows + more, remarks + more_remarks
    population = estimate_breathing_population(rows, confidence_level=confidence_level, seed=seed)
    write_rows(rows, trace_summaries, "trace_summaries")
    write_rows(population, breathing_population, "breathing_population")
    write_flags(remarks, flags)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
