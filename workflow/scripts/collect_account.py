"""Collect the ledger and the flags of all stages; refuse when rows are lost."""

import polars as pl

from popmargin.pipeline.account import (
    answered_flags,
    check_study_ledger,
    override_lines,
    read_flags,
    write_flags,
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
    found = read_flags(*stage_flags)
    write_flags(answered_flags(found, overrides), flags)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
