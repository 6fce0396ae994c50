"""Compare strategies against breathing for each patient and for all."""

from popmargin.margins.motion_treatment import treatment_of
from popmargin.margins.strategy_comparison import compare_strategies
from popmargin.margins.strategy_parameters import parameter_values, strategy_parameter_rows
from popmargin.pipeline.account import write_flags
from popmargin.pipeline.rows import read_named, write_rows
from popmargin.pipeline.script import rule_log


def main(
    trace_summaries, population_errors, intrafraction_motion,
    patient_strategies, motion_strategies, strategy_parameters, flags,
    *, benefit_share, confidence_level, strategies, gate_window_share, latency_s, **shared,
):  # fmt: skip
    """Read breathing and errors, compute every strategy; without a target the tables are empty."""
    walks = read_named(intrafraction_motion).rows(named=True) if intrafraction_motion else []
    stated = {"gating_window_share": gate_window_share, "tracking_latency_s": latency_s}
    stated |= {name: value for name, value in strategies.items() if name != "source"}
    parameters = strategy_parameter_rows(stated, source=strategies["source"])
    treatment, remarks = treatment_of(
        read_named(population_errors).rows(named=True),
        walks,
        parameters=parameter_values(parameters),
        **shared,
    )
    patients, population = [], []
    if treatment:
        patients, population = compare_strategies(
            read_named(trace_summaries).rows(named=True),
            treatment,
            benefit_share=benefit_share,
            confidence_level=confidence_level,
        )
    write_rows(patients, patient_strategies, "patient_strategies")
    write_rows(population, motion_strategies, "motion_strategies")
    write_rows(parameters, strategy_parameters, "strategy_parameters")
    write_flags(remarks, flags)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
