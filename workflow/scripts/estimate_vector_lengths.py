"""Estimate how often the 3-D error exceeds each length."""

from popmargin.errors.vector_length import estimate_vector_lengths
from popmargin.pipeline.rows import write_result
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.within_reach import read_selected


def main(selected, vector_lengths, **options):
    """Read the chosen images, call one library function, write one table."""
    write_result(estimate_vector_lengths(read_selected(selected), **options), vector_lengths)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
