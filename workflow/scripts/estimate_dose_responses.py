"""Estimate what dose-volume histograms predict, and fit complication parameters to own patients."""

import polars as pl

from popmargin.outcomes.dose_responses import estimate_dose_responses
from popmargin.outcomes.effects import reported
from popmargin.pipeline.rows import write_rows
from popmargin.pipeline.script import rule_log
from popmargin.tables.contract import find_contract


def main(dvh, outcomes=None, *, written, asked, level):
    """Read histograms, and outcomes where there are any; write one table a contract."""
    observed = pl.read_parquet(outcomes) if outcomes else None
    found = estimate_dose_responses(pl.read_parquet(dvh), observed, asked, level=level)
    for name, path in written.items():
        rows = reported(found[name], find_contract(name).names)
        write_rows(rows, path, name)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(
            **snakemake.input,
            written=dict(snakemake.output.items()),
            **snakemake.params.options,
        )
