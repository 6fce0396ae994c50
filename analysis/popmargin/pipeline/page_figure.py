"""A drawn figure of the registry put together with its words, for the reports."""

from pathlib import Path

from popmargin.figures import FIGURES
from popmargin.reports.section import PageFigure


def page_figure(path: str | Path) -> PageFigure:
    """The figure that stands in an SVG file, of which the stem is its name in the registry."""
    path = Path(path)
    spec = FIGURES[path.stem]
    return PageFigure(spec.name, path.read_text("utf-8"), spec.title, spec.caption, spec.alt)
