"""Compute the recommended margin against the distance of a target from the isocentre."""

from popmargin.margins.off_axis import estimate_off_axis_margins
from popmargin.margins.registry import find_recipe
from popmargin.pipeline.account import read_flags, withheld
from popmargin.pipeline.components import read_components
from popmargin.pipeline.rows import write_rows
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.unit_table import read_estimates


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
    estimates = read_estimates(unit_summaries, group_by, **estimating)
    rows = estimate_off_axis_margins(
        estimates,
        find_recipe(recipe),
        components=read_components(error_components),
        complete=complete,
        withheld=withheld(read_flags(*earlier_flags), overrides),
        seed=estimating["seed"],
        **off_axis,
        **how,
    )
    write_rows(rows, off_axis_margins, "off_axis_margins", group_by)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
