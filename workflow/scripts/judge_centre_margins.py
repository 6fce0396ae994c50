"""Say of each centre whether it may use the margin in use."""

from popmargin.errors.centre_rows import centre_data_of_rows
from popmargin.errors.population import estimate_population_errors
from popmargin.margins.centre_margin import judge_margin_rows
from popmargin.margins.estimate import estimate_margins
from popmargin.margins.registry import find_recipe
from popmargin.pipeline.account import flags_of, flags_table, withheld
from popmargin.pipeline.components import read_components
from popmargin.pipeline.rows import rows_table
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.within_reach import read_selected
from popmargin.tables.result import read_result
from popmargin.tables.write import write_table


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
    earlier = [flag for path in earlier_flags for flag in flags_of(read_result(path, "flags"))]
    components = read_components(error_components)
    rows = []
    for centre in sorted({name for item in data for name in item.centres}):
        own = [item.centres[centre] for item in data if centre in item.centres]
        margins, _ = estimate_margins(
            estimate_population_errors(own, **estimating)[0],
            [find_recipe(name) for name in recipes],
            withheld=withheld(earlier, overrides),
            components=components,
            complete=complete,
            seed=estimating["seed"],
            **how,
        )
        rows += judge_margin_rows(margins, present, centre=centre)
    table = rows_table(rows, "centre_verdicts", group_by)
    write_table(table, centre_verdicts, contract="centre_verdicts")
    write_table(flags_table([]), flags, contract="flags")


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
