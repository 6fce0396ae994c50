"""``popmargin verify``: checks every result of a study against its recorded hash."""

import argparse
from pathlib import Path

from popmargin.cli.answer import DONE, REFUSED, Answer
from popmargin.pipeline.study import CONFIG_SUFFIXES
from popmargin.pipeline.verify import explain_config, verify_results


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument(
        "results",
        metavar="RESULTS",
        help="folder of a study's results, or its config (YAML): then inputs are checked too",
    )


def run(options: argparse.Namespace) -> Answer:
    """One row a file; exit code 1 when any file is not what was recorded."""
    named = Path(options.results)
    if named.suffix.lower() in CONFIG_SUFFIXES:
        from popmargin.pipeline.config import load_study

        folder = load_study(named).results
        rows, notes = verify_results(folder, named), explain_config(folder, named)
    else:
        rows, notes = verify_results(named), []
    sound = all(row["status"] == "ok" for row in rows)
    return Answer("verify", rows, notes=notes, exit_code=DONE if sound else REFUSED)
