"""``popmargin literature``: published errors and margins, and which margins reproduce."""

import argparse
from pathlib import Path

import polars as pl

from popmargin.cli.answer import Answer
from popmargin.core.exceptions import RefusedInput
from popmargin.margins.own_published import own_published_table
from popmargin.margins.published import check_published_margins, published_population_errors
from popmargin.tables.text_file import open_text_file


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument(
        "table",
        metavar="TABLE",
        nargs="?",
        help="your own table to check (CSV or TSV): paper, axis, systematic_sd_mm, random_sd_mm, "
        "margin_mm, recipe, as printed; default the published rows that come with popmargin",
    )
    parser.add_argument("--separator", help="column separator of your table (default by ending)")
    parser.add_argument("--encoding", default="utf-8", help="encoding of your table (utf-8)")
    parser.add_argument("--site", help="only rows whose site holds this text")


def _table(options: argparse.Namespace) -> pl.DataFrame:
    """The reader's own rows, or the published ones."""
    if options.table is None:
        return published_population_errors()
    path = Path(options.table)
    if not path.is_file():
        raise RefusedInput(path.name, "a file", "nothing there", "check the path")
    frame, _, _ = open_text_file(
        path, separator=options.separator, encoding=options.encoding, where=path.name
    )
    return own_published_table(frame.collect(), path.name)


def run(options: argparse.Namespace) -> Answer:
    """One row per published axis; ``reproduces`` is null where no recipe was stated."""
    rows = check_published_margins(_table(options)).to_dicts()
    if options.site is not None:
        sites = sorted({row["site"] for row in rows})
        rows = [row for row in rows if options.site.lower() in row["site"].lower()]
        if not rows:
            remedy = f"the sites are {', '.join(sites)}"
            raise RefusedInput("literature", "a published site", f"{options.site!r}", remedy)
    columns = (
        "paper",
        "site",
        "axis",
        "systematic_sd_mm",
        "random_sd_mm",
        "margin_stated_mm",
        "margin_recomputed_mm",
        "reproduces",
        "reason",
    )
    return Answer("literature", rows, columns=columns)
