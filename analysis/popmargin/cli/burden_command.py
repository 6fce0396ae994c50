"""``popmargin burden``: minutes, cost and imaging dose of protocols and modalities of a study."""

import argparse

from popmargin.burden.comparison import WITHHELD as WITHHELD_REASON
from popmargin.burden.verdict import describe_frontier
from popmargin.cli.answer import DONE, WITHHELD, Answer
from popmargin.pipeline.burden_tables import build_burden

COLUMNS = (
    "group",
    "protocol",
    "modality",
    "margin_mm",
    "ptv_cc",
    "images_per_course",
    "minutes_per_course",
    "cost_per_course",
    "currency",
    "price_year",
    "imaging_dose_mgy",
    "ntcp_change_percent",
    "on_frontier",
    "status",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument(
        "config", metavar="CONFIG", help="config of the study with a burden section"
    )
    parser.add_argument("--cores", type=int, help="cores to use (default all)")


def run(options: argparse.Namespace) -> Answer:
    """Build the study's burden below the working directory; progress goes to stderr."""
    found = build_burden(options.config, cores=options.cores)
    held = any((row["reason"] or "").startswith(WITHHELD_REASON) for row in found.rows)
    return Answer(
        command="burden",
        rows=found.rows,
        flags=found.flags,
        assumptions=found.defaults,
        columns=COLUMNS,
        notes=describe_frontier(found.rows),
        exit_code=WITHHELD if held else DONE,
    )
