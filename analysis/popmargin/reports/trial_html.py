"""The trial-design report as one self-contained HTML file."""

import os

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from popmargin.core.atomic import write_text
from popmargin.core.resources import resource_path
from popmargin.reports.inline_svg import inline_svg
from popmargin.reports.trial_report import TrialDocument


def write_trial_html(document: TrialDocument, target: str | os.PathLike[str]) -> None:
    """Write the report; no remote request, the same text for the same document."""
    folder = resource_path("reports", "templates")
    environment = Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    figures = [figure for section in document.sections for figure in section.figures]
    page = environment.get_template("trial_report.html.j2").render(
        document=document,
        css=(folder / "report.css").read_text("utf-8"),
        svgs={f.name: inline_svg(f.svg, f.name, f.title, f.alt) for f in figures},
    )
    write_text(target, page)
