"""``popmargin init``: looks at an export and writes a config to start from, with its questions."""

import argparse
import shlex
from pathlib import Path
from typing import Final

from popmargin.cli.answer import Answer
from popmargin.core.atomic import write_text
from popmargin.core.exceptions import RefusedInput

_TABLES: Final = {
    "anatomy": "volumes, weights, depths over the course (docs/anatomy.md)",
    "patients": "one row a patient: centre, protocol, covariates (docs/outcomes.md)",
    "outcomes": "what happened to whom, and when (docs/outcomes.md)",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument(
        "exports",
        metavar="EXPORT",
        nargs="+",
        help="shifts: table, vendor's file, or folder of them; one source or more each",
    )
    for table, what in _TABLES.items():
        parser.add_argument(f"--{table}", metavar="TABLE", nargs="+", default=[], help=what)
    parser.add_argument(
        "-o", "--output", metavar="CONFIG", help="config to write (default mystudy.yaml)"
    )


def run(options: argparse.Namespace) -> Answer:
    """Write the config; one row for each thing recognised or asked."""
    from popmargin.pipeline.starting_config import starting_config

    target = Path(options.output or "mystudy.yaml")
    if target.exists():
        found = "one that is there already"
        raise RefusedInput(str(target), "a new file", found, "name another with -o")
    exports = [(Path(export), "shifts") for export in options.exports]
    exports += [(Path(path), table) for table in _TABLES for path in getattr(options, table)]
    start = starting_config(exports, target)
    write_text(target, start.text)
    rows = [{"key": key, "status": status, "note": note} for key, status, note in start.findings]
    asked = sum(row["status"] == "asked" for row in rows)
    # What is to be copied into a shell is quoted for it.
    named = shlex.quote(str(target))
    note = (
        f"{target} is written; answer its {asked} questions (ASK), "
        f"then: popmargin check {named}, and popmargin run {named}"
    )
    return Answer("init", rows, notes=[note])
