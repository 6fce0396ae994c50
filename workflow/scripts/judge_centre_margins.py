"""Say of each centre whether it may use the margin in use."""

from popmargin.errors.centre_rows import centre_data_of_rows
from popmargin.errors.population import estimate_population_errors
from popmargin.margins.centre_margin import judge_margin_rows
from popmargin.margins.estimate import estimate_margins
from popmargin.margins.registry import find_recipe
from popmargin.pipeline.account import read_flags, withheld, write_flags
from popmargin.pipeline.components import read_components
from popmargin.pipeline.rows import write_rows
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.within_reach import read_selected


def main(
    selected,
    error_components,
    earlier_flags,
    centre_verdicts,
    flags,
    *,
    present,
    recipes,
    group_by,
    overrides,
    complete,
    estimating,
    how,
):
    """Read the chosen images, estimate each centre by itself, write a verdict for each recipe."""
    data = centre_data_of_rows(read_selected(selected, by_centre=True), group_by=group_by)
    components = read_components(error_components)
    rows = []
    for centre in sorted({name for item in data for name in item.centres}):
        own = [item.centres[centre] for item in data if centre in item.centres]
        margins, _ = estimate_margins(
            estimate_population_errors(own, **estimating)[0],
            [find_recipe(name) for name in recipes],
            withheld=withheld(read_flags(*earlier_flags), overrides),
            components=components,
            complete=complete,
            seed=estimating["seed"],
            **how,
        )
        rows += judge_margin_rows(margins, present, centre=centre)
    write_rows(rows, centre_verdicts, "centre_verdicts", group_by)
    write_flags([], flags)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
