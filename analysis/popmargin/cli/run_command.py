"""``popmargin run``: the whole workflow for one config, into results/<study>/."""

import argparse

from popmargin.cli.answer import Answer
from popmargin.pipeline.config import load_study
from popmargin.pipeline.run import run_study


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("config", metavar="CONFIG", help="config of the study (YAML)")
    parser.add_argument("--cores", type=int, help="cores to use (default all)")
    parser.add_argument("--dry-run", action="store_true", help="show what would run")


def run(options: argparse.Namespace) -> Answer:
    """Build the results; progress goes to stderr."""
    study = load_study(options.config)
    arguments = ["--dry-run"] if options.dry_run else []
    code = run_study(options.config, cores=options.cores, arguments=arguments)
    row = {"study": study.name, "results": study.results.as_posix()}
    return Answer("run", [row], exit_code=code)
