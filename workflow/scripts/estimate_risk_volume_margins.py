"""Compute the margins around the organs at risk that the config lists."""

from popmargin.core.flags import one_per_code
from popmargin.errors.population import estimate_population_errors
from popmargin.margins.risk_volumes import estimate_risk_volume_margins
from popmargin.pipeline.account import flags_of, flags_table, withheld
from popmargin.pipeline.rows import rows_table
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.unit_table import read_units
from popmargin.tables.result import read_result
from popmargin.tables.write import write_table


def main(
    unit_summaries,
    earlier_flags,
    risk_volume_margins,
    flags,
    *,
    organs,
    group_by,
    overrides,
    estimating,
    how,
):
    """Read summaries and the flags so far, estimate, write margins with their intervals."""
    units = read_units(unit_summaries, group_by)
    estimates, _ = estimate_population_errors(units, **estimating)
    earlier = [flag for path in earlier_flags for flag in flags_of(read_result(path, "flags"))]
    rows, remarks = estimate_risk_volume_margins(
        estimates, organs, withheld=withheld(earlier, overrides), seed=estimating["seed"], **how
    )
    table = rows_table(rows, "risk_volume_margins", group_by)
    write_table(table, risk_volume_margins, contract="risk_volume_margins")
    write_table(flags_table(one_per_code(remarks)), flags, contract="flags")


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
