"""Estimate minutes, cost, dose and margin of every protocol with every modality."""

from popmargin.burden.question import burden_question
from popmargin.burden.response import organ_responses
from popmargin.burden.study import estimate_burden
from popmargin.pipeline.account import read_flags, withheld, write_flags
from popmargin.pipeline.burden_plan import replay_options
from popmargin.pipeline.rows import write_rows
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.within_reach import read_selected
from popmargin.tables.result import read_result

STATED = ("setting", "perspective", "time_horizon")


def main(
    selected,
    outcome_curve,
    earlier_flags,
    flags,
    *,
    section,
    title,
    organs,
    target,
    margins,
    estimating,
    overrides,
    **tables,
):
    """Read the chosen images, replay and price every strategy, write the tables."""
    question = burden_question(
        section,
        fractions=target["fractions"],
        ctv_radius_mm=target["ctv_radius_mm"],
        seed=estimating["seed"],
        level=estimating["confidence_level"],
    )
    curves = read_result(outcome_curve, "outcome_curve").to_dicts() if outcome_curve else []
    found = estimate_burden(
        read_selected(selected),
        question,
        options=replay_options(margins, estimating),
        stated={"title": title, **{name: section[name] for name in STATED}},
        responses=organ_responses(curves, organs),
        withheld=withheld(read_flags(*earlier_flags), overrides),
    )
    for name, path in tables.items():
        write_rows(found.tables[name], path, name)
    write_flags(found.flags, flags)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
