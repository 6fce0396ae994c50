"""Replay correction protocols on the logged errors of every group."""

import polars as pl

from popmargin.pipeline.account import read_flags, withheld, write_flags
from popmargin.pipeline.replay_account import replay_lines, replay_plan
from popmargin.pipeline.rows import write_rows
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.within_reach import read_selected
from popmargin.protocols.filling import filling_of_fractions
from popmargin.protocols.study_replay import replay_study
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
    plan = replay_plan(replay, withheld=withheld(read_flags(*earlier_flags), overrides), **asked)
    filling = None
    if anatomy:
        filling = filling_of_fractions(pl.read_parquet(anatomy), **replay["filling"])
    found = replay_study(read_selected(selected), plan, group_by=group_by, filling=filling)
    for rows, path, name in (
        (found.rows, replayed_errors, "replayed_errors"),
        (found.coverage, protocol_coverage, "protocol_coverage"),
    ):
        write_rows(rows, path, name, group_by)
    write_table(replay_lines(found), ledger, contract="ledger")
    write_flags(found.flags, flags)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
