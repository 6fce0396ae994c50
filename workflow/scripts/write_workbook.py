"""Write the result tables as one workbook."""

from pathlib import Path

from popmargin.core.atomic import write_bytes
from popmargin.pipeline.rows import read_named
from popmargin.pipeline.script import rule_log
from popmargin.reports.workbook import render_workbook


def main(tables, workbook, *, title):
    """Read the tables, write one sheet for each."""
    frames = {Path(path).stem: read_named(path) for path in tables}
    write_bytes(workbook, render_workbook(frames, title=title))


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
