"""Write the report as PDF, its tables as DOCX and LaTeX, its methods and references as text."""

from pathlib import Path

from popmargin.core.atomic import write_bytes, write_text
from popmargin.figures import FIGURES
from popmargin.pipeline.page_figure import page_figure
from popmargin.pipeline.rows import read_named
from popmargin.pipeline.script import rule_log
from popmargin.reports.content import report_parts
from popmargin.reports.docx_tables import render_docx
from popmargin.reports.latex_tables import render_latex
from popmargin.reports.typeset import render_pdf


def main(tables, figures, pdf, docx, latex, methods, references, *, study, statement):
    """Read result tables and figures; every form says the same."""
    frames = {Path(path).stem: read_named(path) for path in tables}
    shown = [path for path in figures if FIGURES[Path(path).stem].has_data(frames)]
    parts = report_parts(frames, [page_figure(path) for path in shown], study, statement)
    write_bytes(pdf, render_pdf(parts))
    write_bytes(docx, render_docx(parts))
    write_text(latex, render_latex(parts))
    described = next(section for section in parts.sections if section.anchor == "methods")
    listed = [f"[{number}] {reference}" for number, reference in described.items]
    write_text(methods, "\n\n".join([*described.paragraphs, *listed]) + "\n")
    write_text(references, described.preformatted + "\n")


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
