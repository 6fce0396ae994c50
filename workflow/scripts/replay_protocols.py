"""Replay correction protocols on the logged errors of every group."""

import polars as pl

from popmargin.pipeline.account import flags_of, flags_table, withheld
from popmargin.pipeline.replay_account import replay_lines, replay_plan
from popmargin.pipeline.rows import rows_table
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.within_reach import read_selected
from popmargin.protocols.filling import filling_of_fractions
from popmargin.protocols.study_replay import replay_study
from popmargin.tables.result import read_result
from popmargin.tables.write import write_table


def main(
    selected,
    anatomy,
    earlier_flags,
    replayed_errors,
    protocol_coverage,
    ledger,
    flags,
    *,
    replay,
    overrides,
    group_by,
    **asked,
):
    """Read logged errors, replay, write what is left, covered, used and remarked."""
    earlier = [flag for path in earlier_flags for flag in flags_of(read_result(path, "flags"))]
    plan = replay_plan(replay, withheld=withheld(earlier, overrides), **asked)
    filling = None
    if anatomy:
        filling = filling_of_fractions(pl.read_parquet(anatomy), **replay["filling"])
    found = replay_study(read_selected(selected), plan, group_by=group_by, filling=filling)
    for rows, path, name in (
        (found.rows, replayed_errors, "replayed_errors"),
        (found.coverage, protocol_coverage, "protocol_coverage"),
    ):
        write_table(rows_table(rows, name, group_by), path, contract=name)
    write_table(replay_lines(found), ledger, contract="ledger")
    write_table(flags_table(found.flags), flags, contract="flags")


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
