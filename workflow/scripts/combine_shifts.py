"""Put the shifts of all sources into one table."""

from popmargin.pipeline.combine import combine_files
from popmargin.pipeline.script import rule_log


def main(rows, ledgers, flags, shifts, ledger, all_flags, *, labels, group_by):
    """Rows that two sources share count once, and the ledger says so."""
    gathered, combined = (rows, ledgers, flags), (shifts, ledger, all_flags)
    combine_files("shifts", labels, gathered, combined, group_by=group_by)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
