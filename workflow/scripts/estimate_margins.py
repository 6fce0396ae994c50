"""Compute the margin of every group, axis and recipe, unless a blocking flag stands."""

from popmargin.core.flags import one_per_code
from popmargin.margins.component_draws import known_remarks
from popmargin.margins.estimate import estimate_margins
from popmargin.margins.registry import find_recipe
from popmargin.pipeline.account import read_flags, withheld, write_flags
from popmargin.pipeline.components import read_components
from popmargin.pipeline.rows import write_rows
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.unit_table import read_estimates


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
    estimates = read_estimates(unit_summaries, group_by, **estimating)
    components = read_components(error_components)
    rows, remarks = estimate_margins(
        estimates,
        [find_recipe(name) for name in recipes],
        withheld=withheld(read_flags(*earlier_flags), overrides),
        components=components,
        complete=complete,
        seed=estimating["seed"],
        **how,
    )
    write_rows(rows, margins, "margins", group_by)
    write_flags([*known_remarks(components), *one_per_code(remarks)], flags)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
