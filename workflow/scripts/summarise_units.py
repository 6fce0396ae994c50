"""Choose the images that count and summarise them per patient, course and plan."""

from popmargin.pipeline.script import rule_log
from popmargin.pipeline.summarise import summarise_file


def main(shifts, unit_summaries, units, selected, ledger, flags, **choice):
    """Write the summaries, the chosen rows, and the account of the others."""
    summarise_file(shifts, (unit_summaries, units), selected, ledger, flags, **choice)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
