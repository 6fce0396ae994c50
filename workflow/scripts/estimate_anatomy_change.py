"""Estimate how anatomy changes: rates, steps, filling, depth and dose."""

import polars as pl

from popmargin.anatomy.change import estimate_anatomy_change
from popmargin.core.resources import resource_path
from popmargin.pipeline.account import write_flags
from popmargin.pipeline.rows import write_rows
from popmargin.pipeline.script import rule_log
from popmargin.tables.write import write_table


def main(anatomy, detection_delay, flags, **outputs_and_options):
    """Read one table, write one table for each question."""
    tables = ("anatomy_trajectories", "anatomy_courses", "anatomy_steps", "organ_mobility",
              "filling_rules", "depth_dose")  # fmt: skip
    paths = {name: outputs_and_options.pop(name) for name in tables}
    found, remarks = estimate_anatomy_change(pl.read_parquet(anatomy), **outputs_and_options)
    for name, path in paths.items():
        write_rows(found[name], path, name)
    # Simulated once for all studies: 35 values, a change at the eleventh.
    delays = pl.read_csv(resource_path("reference", "detection_delay.csv"))
    write_table(delays, detection_delay, contract="detection_delay")
    write_flags(remarks, flags)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
