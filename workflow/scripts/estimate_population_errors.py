"""Estimate the population errors of every group and axis."""

from popmargin.core.axes import ROTATIONS, TRANSLATIONS
from popmargin.errors.population import estimate_population_errors
from popmargin.pipeline.account import write_flags
from popmargin.pipeline.rows import write_rows
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.unit_table import read_units


def main(unit_summaries, population_errors, rotation_errors, flags, *, group_by, **estimating):
    """Read one table, estimate, write translations and rotations."""
    units = read_units(unit_summaries, group_by)
    estimates, remarks = estimate_population_errors(units, **estimating)
    for axes, path, contract in (
        (TRANSLATIONS, population_errors, "population_errors"),
        (ROTATIONS, rotation_errors, "rotation_errors"),
    ):
        rows = [estimate.row() for estimate in estimates if estimate.axis in axes]
        write_rows(rows, path, contract, group_by)
    write_flags(remarks, flags)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
