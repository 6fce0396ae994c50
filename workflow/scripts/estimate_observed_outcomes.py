"""Estimate incidence, curves and associations of the observed outcomes."""

import polars as pl

from popmargin.outcomes.effects import reported
from popmargin.outcomes.study_outcomes import estimate_observed_outcomes
from popmargin.pipeline.rows import rows_table, write_result
from popmargin.pipeline.script import rule_log
from popmargin.tables.contract import find_contract


def main(outcomes, patients, selected, *, written, analyses, level, seed):
    """Read outcomes, patients and images; write one table a contract."""
    found = estimate_observed_outcomes(
        pl.read_parquet(outcomes),
        pl.read_parquet(patients),
        pl.read_parquet(selected),
        analyses,
        level=level,
        seed=seed,
    )
    for name, path in written.items():
        rows = reported(found[name], find_contract(name).names)
        write_result(rows_table(rows, name), path)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(
            **snakemake.input,
            written=dict(snakemake.output.items()),
            **snakemake.params.options,
        )
