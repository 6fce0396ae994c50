"""Write the report of the study as one self-contained page."""

import json
from pathlib import Path

from popmargin.figures import FIGURES
from popmargin.pipeline.page_figure import page_figure
from popmargin.pipeline.rows import read_named
from popmargin.pipeline.script import rule_log
from popmargin.reports.content import report_parts
from popmargin.reports.explorer import explorer_part
from popmargin.reports.page import render_page, write_report


def main(tables, figures, explorer, report, *, study, statement):
    """Read result tables and figures; every number on the page stands in one of them."""
    frames = {Path(path).stem: read_named(path) for path in tables}
    # A figure without data is a file that says so, and no part of the report.
    paths = [Path(path) for path in figures]
    drawn = [page_figure(path) for path in paths if FIGURES[path.stem].has_data(frames)]
    known = json.loads(Path(explorer).read_text("utf-8"))
    part = explorer_part(known) if known["groups"] else None
    page = render_page(report_parts(frames, drawn, study, statement), part)
    write_report(page, report)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
