"""List shifts for robust planning of every group: worst cases and drawn courses."""

from popmargin.margins.scenario_errors import scenario_errors, scenario_rows
from popmargin.pipeline.account import read_flags, withheld, write_flags
from popmargin.pipeline.rows import write_rows
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.unit_table import read_estimates
from popmargin.tables.result import read_result


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
    estimates = read_estimates(unit_summaries, group_by, **estimating)
    correlations = read_result(axis_correlations, "axis_correlations").to_dicts()
    groups = scenario_errors(estimates, correlations, limit=scenarios["limit"])
    chosen = [] if withheld(read_flags(*earlier_flags), overrides) else groups
    rows, remarks = scenario_rows(
        chosen,
        population=population,
        fractions=fractions,
        seed=estimating["seed"],
        **{key: scenarios[key] for key in ("points", "courses", "range_percent")},
    )
    write_rows(rows, scenario_shifts, "scenario_shifts", group_by)
    write_flags(remarks, flags)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
