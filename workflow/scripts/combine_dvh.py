"""Put the dose-volume histograms of all sources into one table."""

from popmargin.pipeline.combine import combine_files
from popmargin.pipeline.script import rule_log


def main(rows, ledgers, flags, dvh, ledger, all_flags, *, labels):
    """Rows that two sources share count once, and the ledger says so."""
    combine_files("dvh", labels, (rows, ledgers, flags), (dvh, ledger, all_flags))


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
