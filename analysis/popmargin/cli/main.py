"""The popmargin command: parses the line, runs one command, turns errors into exit codes.

Exit codes: 0 done, 1 refused, 2 wrong usage, 3 a blocking flag withholds margins.
Each command lives in a file of its own, imported only when it runs.
"""

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

from popmargin import __version__
from popmargin.cli.answer import DONE, REFUSED, WRONG_USAGE, emit, printable
from popmargin.core.exceptions import OutOfRange, PopmarginError, WrongUsage

COMMANDS: Final = {
    "check": "check a table, list what is refused and flagged",
    "errors": "population errors M, systematic and random, with intervals",
    "margin": "margins from logged shifts or from given errors",
    "compare": "compare groups: difference of M, ratios of both SDs, difference of margins",
    "coverage": "what a margin really covers, or the margin that covers a share of patients",
    "replay": "correction protocols on the logged errors",
    "recipes": "the margin recipes: formula, source, conditions",
    "literature": "published errors and margins, and which margins reproduce",
    "plan": "sample sizes, and patients for a wanted precision",
    "verify": "check every result of a study against its recorded hash",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``popmargin ARGUMENTS`` and return the exit code."""
    line = list(sys.argv[1:] if arguments is None else arguments)
    try:
        options = _parser(line).parse_args(line)
        module = importlib.import_module(f"popmargin.cli.{options.command}_command")
        return emit(module.run(options), as_json=options.json)
    except (WrongUsage, OutOfRange) as error:
        return _complain(error, WRONG_USAGE)
    except PopmarginError as error:
        return _complain(error, REFUSED)
    except BrokenPipeError:
        # The reader of our output has gone (``| head``); there is nobody left to tell.
        sys.stderr.close()
        return DONE


def _complain(error: Exception, code: int) -> int:
    sys.stderr.write(f"popmargin: {printable(str(error))}\n")
    return code


class _Parser(argparse.ArgumentParser):
    """A parser without abbreviations: an option that is cut short is a mistake, not a guess."""

    def __init__(self, **settings: object) -> None:
        super().__init__(allow_abbrev=False, **settings)  # type: ignore[arg-type]

    def error(self, message: str) -> NoReturn:
        sys.stderr.write(f"{self.prog}: {message}\nTry: {self.prog} --help\n")
        raise SystemExit(WRONG_USAGE)


def _parser(line: Sequence[str]) -> argparse.ArgumentParser:
    parser = _Parser(
        prog="popmargin",
        description="Population set-up errors and margins from image-guidance logs. "
        "A research tool, not a medical device.",
    )
    parser.add_argument("--version", action="version", version=f"popmargin {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, summary in COMMANDS.items():
        sub = commands.add_parser(
            name, help=summary, description=summary[0].upper() + summary[1:] + "."
        )
        sub.add_argument(
            "--json", action="store_true", help="print one JSON object and nothing else"
        )
        if name in line:
            importlib.import_module(f"popmargin.cli.{name}_command").add_arguments(sub)
    return parser


if __name__ == "__main__":
    sys.exit(main())
