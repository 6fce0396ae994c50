"""Design the trial that the config asks for: size, simulated trials, evidence, centres."""

from popmargin.margins.registry import find_recipe
from popmargin.outcomes.effects import reported
from popmargin.outcomes.evidence import describe_evidence
from popmargin.pipeline.rows import write_rows
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.within_reach import read_selected
from popmargin.tables.contract import find_contract
from popmargin.tables.result import read_result
from popmargin.trials.study_centres import judge_trial_centres, plan_run_in
from popmargin.trials.study_prior import expect_effects
from popmargin.trials.study_survival import design_survival
from popmargin.trials.study_trial import assumed_risks, design_trial, judge_centres, power_curves


def main(tables, *, written, trial, seed, recipe, present, chain=(), **centres):
    """Read errors, coverage and the geometric model; write one table a contract."""
    model = [row for path in chain for row in read_result(path, "outcome_chain").to_dicts()]
    coverage, errors = (
        read_result(tables[name], name).to_dicts()
        for name in ("margin_coverage", "population_errors")
    )
    design, operating, sensitivity = design_trial(trial, model, seed=seed)
    found = {
        "trial_design": design,
        "trial_operating": operating,
        "trial_sensitivity": sensitivity,
        "trial_power": power_curves(sensitivity, trial),
        "trial_evidence": describe_evidence(trial["evidence_sites"]),
        "trial_centres": judge_centres(coverage),
        "trial_credentials": judge_trial_centres(
            read_selected(tables["selected"], by_centre=True),
            trial["margin_mm"] or present,
            find_recipe(recipe),
            group=trial["group"],
            **centres,
        ),
        "trial_run_in": plan_run_in(errors, trial),
        "trial_prior": expect_effects(trial, design[0]),
        "trial_survival": design_survival(trial, assumed_risks(trial, model), seed=seed),
    }
    for name, path in written.items():
        rows = reported(found[name], find_contract(name).names)
        write_rows(rows, path, name)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(
            dict(snakemake.input.items()),
            chain=snakemake.input.chain,
            written=dict(snakemake.output.items()),
            **snakemake.params.options,
        )
