"""Build a synthetic cohort to published figures."""

from popmargin.cohorts.catalogue import synthetic_table
from popmargin.core.random_streams import random_stream
from popmargin.pipeline.script import rule_log
from popmargin.tables.write import write_table


def main(output, *, table, cohort, seed):
    """Draw one cohort from a random stream of its own."""
    write_table(synthetic_table(table, cohort, rng=random_stream(seed, "cohort", cohort)), output)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(snakemake.output.cohort, **snakemake.params.options)
