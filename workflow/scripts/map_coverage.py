"""Map the true coverage of the recommended margins over systematic and random errors."""

from popmargin.margins.coverage_map import map_coverage
from popmargin.margins.coverage_question import recipe_options, target_of
from popmargin.margins.registry import find_recipe
from popmargin.pipeline.rows import write_rows
from popmargin.pipeline.script import rule_log

# The full formula and the linear one that most departments use.
MAPPED = ("van_herk", "van_herk_linear")


def main(coverage_map, *, margins, target, seed):
    """Compute the map for the stated target; without one the table is empty."""
    ball = target_of(margins, target)
    rows = ball and map_coverage(
        [find_recipe(name) for name in MAPPED],
        ball,
        fractions=target["fractions"],
        recipe_fractions=margins["fractions"],
        options=recipe_options(margins),
        population=margins["population"],
        seed=seed,
    )
    write_rows(rows or [], coverage_map, "coverage_map")


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.output, **snakemake.params.options)
