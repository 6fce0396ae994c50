"""Write the explorer: its data for the report, and a page of its own."""

import json

from popmargin.core.atomic import write_text
from popmargin.errors.population import estimate_population_errors
from popmargin.pipeline.account import read_flags
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.unit_table import read_units
from popmargin.pipeline.within_reach import read_units_shown
from popmargin.reports.explorer import explorer_part
from popmargin.reports.explorer_data import explorer_data, explorer_settings
from popmargin.reports.page import render_explorer
from popmargin.tables.result import read_result


def main(
    unit_summaries, flags, data, page, *, group_by, estimating, study, version, replayed=(), **asked
):
    """Read summaries, give every group its draws; a blocked study has nothing to explore."""
    blocked = any(flag.severity == "block" for flag in read_flags(flags))
    units = [] if blocked else read_units(unit_summaries, group_by)
    estimates, _ = estimate_population_errors(units, **estimating)
    found = explorer_data(
        estimates,
        read_units_shown(unit_summaries),
        settings=explorer_settings(estimating["confidence_level"], **asked),
        protocols=read_result(replayed[0], "replayed_errors") if replayed else None,
        synthetic=[source["label"] for source in study["sources"] if source.get("synthetic")],
    )
    write_text(data, json.dumps(found, allow_nan=False))
    write_text(
        page, render_explorer(explorer_part(found), study["title"] or study["study"], version)
    )


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
