"""List shifts for robust planning of every group: worst cases and drawn courses."""

from popmargin.errors.population import estimate_population_errors
from popmargin.margins.scenario_errors import scenario_errors, scenario_rows
from popmargin.pipeline.account import flags_of, flags_table, withheld
from popmargin.pipeline.rows import rows_table
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.unit_table import read_units
from popmargin.tables.result import read_result
from popmargin.tables.write import write_table


def main(
    unit_summaries,
    axis_correlations,
    earlier_flags,
    scenario_shifts,
    flags,
    *,
    scenarios,
    fractions,
    population,
    group_by,
    overrides,
    estimating,
):
    """Read summaries and correlations, write the shifts; none where a blocking flag stands."""
    units = read_units(unit_summaries, group_by)
    estimates, _ = estimate_population_errors(units, **estimating)
    earlier = [flag for path in earlier_flags for flag in flags_of(read_result(path, "flags"))]
    correlations = read_result(axis_correlations, "axis_correlations").to_dicts()
    groups = scenario_errors(estimates, correlations, limit=scenarios["limit"])
    chosen = [] if withheld(earlier, overrides) else groups
    rows, remarks = scenario_rows(
        chosen,
        population=population,
        fractions=fractions,
        seed=estimating["seed"],
        **{key: scenarios[key] for key in ("points", "courses", "range_percent")},
    )
    table = rows_table(rows, "scenario_shifts", group_by)
    write_table(table, scenario_shifts, contract="scenario_shifts")
    write_table(flags_table(remarks), flags, contract="flags")


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
