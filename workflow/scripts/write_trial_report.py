"""Write the trial-design report as HTML, PDF and DOCX, all three of the same sections."""

from pathlib import Path

from popmargin.pipeline.page_figure import page_figure
from popmargin.pipeline.rows import read_named
from popmargin.pipeline.script import rule_log
from popmargin.reports.trial_docx import write_trial_docx
from popmargin.reports.trial_html import write_trial_html
from popmargin.reports.trial_pdf import write_trial_pdf
from popmargin.reports.trial_report import trial_document


def main(tables, figures, pictures, html, pdf, docx, *, study, version):
    """Read result tables and figures; every number stands in one of them or in the config."""
    frames = {Path(path).stem: read_named(path) for path in tables}
    drawn = [page_figure(path) for path in figures]
    document = trial_document(frames, drawn, study, version)
    write_trial_html(document, html)
    write_trial_pdf(document, pdf)
    write_trial_docx(document, docx, {Path(path).stem: Path(path) for path in pictures})


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
