"""Compute the recommended margin against the distance of a target from the isocentre."""

from popmargin.errors.population import estimate_population_errors
from popmargin.margins.off_axis import estimate_off_axis_margins
from popmargin.margins.registry import find_recipe
from popmargin.pipeline.account import flags_of, withheld
from popmargin.pipeline.components import read_components
from popmargin.pipeline.rows import rows_table, write_result
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.unit_table import read_units
from popmargin.tables.result import read_result


def main(
    unit_summaries,
    error_components,
    earlier_flags,
    off_axis_margins,
    *,
    off_axis,
    recipe,
    complete,
    group_by,
    overrides,
    estimating,
    how,
):
    """Read summaries, add rotations at every distance, write margins with their intervals."""
    units = read_units(unit_summaries, group_by)
    estimates, _ = estimate_population_errors(units, **estimating)
    earlier = [flag for path in earlier_flags for flag in flags_of(read_result(path, "flags"))]
    rows = estimate_off_axis_margins(
        estimates,
        find_recipe(recipe),
        components=read_components(error_components),
        complete=complete,
        withheld=withheld(earlier, overrides),
        seed=estimating["seed"],
        **off_axis,
        **how,
    )
    write_result(rows_table(rows, "off_axis_margins", group_by), off_axis_margins)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
