"""Design the trial that the config asks for: size, simulated trials, sensitivity, evidence."""

from popmargin.outcomes.effects import reported
from popmargin.outcomes.evidence import describe_evidence
from popmargin.pipeline.rows import rows_table, write_result
from popmargin.pipeline.script import rule_log
from popmargin.tables.contract import find_contract
from popmargin.tables.result import read_result
from popmargin.trials.study_trial import design_trial, judge_centres, power_curves


def main(margin_coverage, *, written, trial, seed, chain=()):
    """Read coverage and the geometric model, write one table a contract."""
    model = [row for path in chain for row in read_result(path, "outcome_chain").to_dicts()]
    coverage = read_result(margin_coverage, "margin_coverage").to_dicts()
    design, operating, sensitivity = design_trial(trial, model, seed=seed)
    found = {
        "trial_design": design,
        "trial_operating": operating,
        "trial_sensitivity": sensitivity,
        "trial_power": power_curves(sensitivity, trial),
        "trial_evidence": describe_evidence(trial["evidence_sites"]),
        "trial_centres": judge_centres(coverage),
    }
    for name, path in written.items():
        rows = reported(found[name], find_contract(name).names)
        write_result(rows_table(rows, name), path)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(
            snakemake.input.margin_coverage,
            chain=snakemake.input.chain,
            written=dict(snakemake.output.items()),
            **snakemake.params.options,
        )
