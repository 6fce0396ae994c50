"""Compute the margin of every group, axis and recipe, unless a blocking flag stands."""

from popmargin.core.flags import one_per_code
from popmargin.errors.population import estimate_population_errors
from popmargin.margins.component_draws import known_remarks
from popmargin.margins.estimate import estimate_margins
from popmargin.margins.registry import find_recipe
from popmargin.pipeline.account import flags_of, flags_table, withheld
from popmargin.pipeline.components import read_components
from popmargin.pipeline.rows import rows_table
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.unit_table import read_units
from popmargin.tables.result import read_result
from popmargin.tables.write import write_table


def main(
    unit_summaries,
    error_components,
    earlier_flags,
    margins,
    flags,
    *,
    recipes,
    group_by,
    overrides,
    complete,
    estimating,
    how,
):
    """Read summaries and the flags so far, estimate, write margins with their intervals."""
    units = read_units(unit_summaries, group_by)
    estimates, _ = estimate_population_errors(units, **estimating)
    earlier = [flag for path in earlier_flags for flag in flags_of(read_result(path, "flags"))]
    components = read_components(error_components)
    rows, remarks = estimate_margins(
        estimates,
        [find_recipe(name) for name in recipes],
        withheld=withheld(earlier, overrides),
        components=components,
        complete=complete,
        seed=estimating["seed"],
        **how,
    )
    write_table(rows_table(rows, "margins", group_by), margins, contract="margins")
    write_table(
        flags_table([*known_remarks(components), *one_per_code(remarks)]), flags, contract="flags"
    )


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
