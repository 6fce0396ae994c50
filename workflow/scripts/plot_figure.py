"""Draw one figure of the registry as SVG, PDF and PNG, with its data as CSV, and for the page."""

from pathlib import Path

from popmargin.core.atomic import write_bytes
from popmargin.core.collector import collector_at_rest
from popmargin.figures import FIGURES
from popmargin.figures.panels import panel_grid, say_empty
from popmargin.figures.save import figure_bytes, save_figure
from popmargin.figures.style import journal_style
from popmargin.pipeline.rows import read_named
from popmargin.pipeline.script import rule_log


@collector_at_rest()
def main(tables, output, page, *, figure):
    """Read the figure's tables, draw it, write it beside its data; text as text for the page."""
    spec = FIGURES[figure]
    frames = {Path(path).stem: read_named(path) for path in tables}
    drawing = spec.draw(frames) or nothing_to_show(spec.title)
    save_figure(drawing, frames[spec.tables[0]], Path(output).parent, figure)
    write_bytes(page, figure_bytes(drawing, "svg", outlined=False))


@journal_style()
def nothing_to_show(title):
    """Draw a figure that says that the study has no data for it."""
    grid = panel_grid(1, 1, width_mm=190.0, panel_mm=30.0)
    say_empty(grid.panels[0, 0], f"{title}: no data in this study")
    return grid.figure


if __name__ == "__main__":
    with rule_log(snakemake):
        main(
            snakemake.input, snakemake.output.svg, snakemake.output.page, **snakemake.params.options
        )
