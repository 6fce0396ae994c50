"""Compute the margins around the organs at risk that the config lists."""

from popmargin.core.flags import one_per_code
from popmargin.margins.risk_volumes import estimate_risk_volume_margins
from popmargin.pipeline.account import read_flags, withheld, write_flags
from popmargin.pipeline.rows import write_rows
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.unit_table import read_estimates


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
    estimates = read_estimates(unit_summaries, group_by, **estimating)
    rows, remarks = estimate_risk_volume_margins(
        estimates,
        organs,
        withheld=withheld(read_flags(*earlier_flags), overrides),
        seed=estimating["seed"],
        **how,
    )
    write_rows(rows, risk_volume_margins, "risk_volume_margins", group_by)
    write_flags(one_per_code(remarks), flags)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
