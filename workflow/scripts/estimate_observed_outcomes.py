"""Estimate incidence, curves and associations of the observed outcomes."""

import polars as pl

from popmargin.outcomes.effects import reported
from popmargin.outcomes.study_outcomes import estimate_observed_outcomes
from popmargin.outcomes.unlinked import unlinked_patients
from popmargin.pipeline.account import write_flags
from popmargin.pipeline.rows import write_rows
from popmargin.pipeline.script import rule_log
from popmargin.tables.contract import find_contract


def main(outcomes, patients, selected, *, all_flags, written, analyses, level, seed):
    """Read outcomes, patients and images; write one table a contract, and who is missing."""
    frames = {
        "outcomes": pl.read_parquet(outcomes),
        "patients": pl.read_parquet(patients),
        "shifts": pl.read_parquet(selected),
    }
    found = estimate_observed_outcomes(*frames.values(), analyses, level=level, seed=seed)
    write_flags(unlinked_patients(frames), all_flags)
    for name, path in written.items():
        rows = reported(found[name], find_contract(name).names)
        write_rows(rows, path, name)


if __name__ == "__main__":
    with rule_log(snakemake):
        made = dict(snakemake.output.items())
        main(
            **snakemake.input,
            all_flags=made.pop("all_flags"),
            written=made,
            **snakemake.params.options,
        )
