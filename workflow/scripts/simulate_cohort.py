"""Build a synthetic cohort to published figures."""

from popmargin.cohorts.published import published_cohort
from popmargin.core.random_streams import random_stream
from popmargin.pipeline.script import rule_log
from popmargin.tables.write import write_table


def main(output, *, cohort, seed):
    """Draw one cohort from a random stream of its own."""
    write_table(published_cohort(cohort, rng=random_stream(seed, "cohort", cohort)), output)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(snakemake.output.cohort, **snakemake.params.options)
