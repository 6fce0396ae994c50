"""Collect the ledger and the flags of all stages; refuse when rows are lost."""

import polars as pl

from popmargin.pipeline.account import (
    answered_flags,
    check_study_ledger,
    flags_of,
    flags_table,
    override_lines,
)
from popmargin.pipeline.script import rule_log
from popmargin.tables.result import read_result
from popmargin.tables.write import write_table


def main(ledgers, stage_flags, ledger, flags, *, shifts_labels, overrides):
    """Every row read is used or set aside with a reason, or the run fails here."""
    account = pl.concat([read_result(path, "ledger") for path in ledgers])
    check_study_ledger(account, shifts_labels)
    lines = pl.concat([account, override_lines(overrides)])
    write_table(lines, ledger, contract="ledger")
    found = [flag for path in stage_flags for flag in flags_of(read_result(path, "flags"))]
    write_table(flags_table(answered_flags(found, overrides)), flags, contract="flags")


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
