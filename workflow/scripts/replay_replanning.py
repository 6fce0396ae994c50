"""Replay triggers, schedules and a learned predictor of planning again on the logs."""

import polars as pl

from popmargin.adaptive.policy import replay_replanning
from popmargin.pipeline.account import write_flags
from popmargin.pipeline.rows import write_rows
from popmargin.pipeline.script import rule_log


def main(anatomy, flags, *, own_triggers, use_shipped_triggers, **outputs_and_options):
    """Read one table, write one table for each question."""
    tables = ("trigger_replay", "trigger_alarms", "replanning_schedules", "predictor_performance",
              "predictor_calibration", "decision_curve")  # fmt: skip
    paths = {name: outputs_and_options.pop(name) for name in tables}
    found, remarks = replay_replanning(
        pl.read_parquet(anatomy),
        own=own_triggers,
        use_shipped=use_shipped_triggers,
        **outputs_and_options,
    )
    for name, path in paths.items():
        write_rows(found[name], path, name)
    write_flags(remarks, flags)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
