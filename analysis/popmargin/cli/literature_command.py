"""``popmargin literature``: published errors and margins, and which margins reproduce."""

import argparse

from popmargin.cli.answer import Answer
from popmargin.core.exceptions import RefusedInput
from popmargin.margins.published import check_published_margins, published_population_errors


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("--site", help="only rows whose site holds this text")


def run(options: argparse.Namespace) -> Answer:
    """One row per published axis; ``reproduces`` is null where no recipe was stated."""
    rows = check_published_margins(published_population_errors()).to_dicts()
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
