"""``popmargin run``: the whole workflow for one config, into results/<study>/."""

import argparse
from typing import Final

from popmargin.cli.answer import DONE, REFUSED, WITHHELD, Answer
from popmargin.pipeline.config import load_study
from popmargin.pipeline.run import run_study

_STATUS: Final = {DONE: "done", WITHHELD: "done, margins withheld: the report says why"}
_READ_FIRST: Final = ("report.html", "report.pdf", "trial_report.html", "trial_report.pdf")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("config", metavar="CONFIG", help="config of the study (YAML)")
    parser.add_argument("--cores", type=int, help="cores to use (default all)")
    parser.add_argument("--dry-run", action="store_true", help="show what would run")
    parser.add_argument(
        "--unlock", action="store_true", help="free a folder that a killed run left locked, no more"
    )


def run(options: argparse.Namespace) -> Answer:
    """Build the results; progress goes to stderr."""
    study = load_study(options.config)
    asked = {"--dry-run": options.dry_run, "--unlock": options.unlock}
    arguments = [argument for argument, wanted in asked.items() if wanted]
    code = run_study(options.config, cores=options.cores, arguments=arguments)
    said = " ".join(argument.removeprefix("--") for argument in arguments)
    status = "stopped" if code == REFUSED else said or _STATUS[code]
    row = {"study": study.name, "results": study.results.as_posix(), "status": status}
    reports = [study.results / name for name in _READ_FIRST]
    notes = [
        f"read: {path.as_posix()}" for path in reports if status != "stopped" and path.is_file()
    ]
    return Answer("run", [row], exit_code=code, notes=notes)
