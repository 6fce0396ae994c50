"""The popmargin command: parses the line, runs one command, turns errors into exit codes.

Exit codes: 0 done, 1 refused, 2 wrong usage, 3 a blocking flag withholds margins, 130 interrupted.
Each command lives in a file of its own, imported only when it runs.
"""

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import Final, NamedTuple, NoReturn

from popmargin import __version__
from popmargin.cli.answer import DONE, REFUSED, WRONG_USAGE, emit, printable
from popmargin.core.exceptions import OutOfRange, PopmarginError, WrongUsage

# As a shell has it: 128 and the number of the signal.
INTERRUPTED: Final = 130


class Command(NamedTuple):
    """What a command does, in a line, and a line that uses it."""

    summary: str
    example: str


COMMANDS: Final = {
    "check": Command(
        "check a table, an export or a config, list what is refused and flagged",
        "popmargin check shifts.csv",
    ),
    "errors": Command(
        "population errors M, systematic and random, with intervals",
        "popmargin errors shifts.csv --by site",
    ),
    "margin": Command(
        "margins from logged shifts or from given errors",
        "popmargin margin shifts.csv --recipe van_herk stroom --fractions 25",
    ),
    "compare": Command(
        "compare groups: difference of M, ratios of both SDs, difference of margins",
        "popmargin compare shifts.csv --between immobilisation",
    ),
    "coverage": Command(
        "what a margin really covers, or the margin that covers a share of patients",
        "popmargin coverage --systematic 2 --random 2 --margin 6.4 --ctv-radius 30",
    ),
    "replay": Command(
        "correction protocols on the logged errors",
        "popmargin replay shifts.csv --protocol nal:images=3 --protocol daily",
    ),
    "burden": Command(
        "minutes, cost and imaging dose of protocols and modalities", "popmargin burden study.yaml"
    ),
    "scenarios": Command(
        "shifts for robust planning: worst cases and sampled courses",
        "popmargin scenarios --systematic 2 --random 2 --points 13 --courses 20 --fractions 5",
    ),
    "recipes": Command(
        "the margin recipes: formula, source, conditions", "popmargin recipes --json"
    ),
    "literature": Command(
        "published errors and margins, and which margins reproduce",
        "popmargin literature --site prostate",
    ),
    "plan": Command(
        "sample sizes, and patients for a wanted precision",
        "popmargin plan precision --systematic 2 --random 2 --fractions 10 --half-width 0.2",
    ),
    "dose": Command(
        "dose-volume histograms: predicted complication, own parameters from outcomes",
        "popmargin dose dvh.csv --kind cumulative --structure rectum --set rectum_quantec",
    ),
    "summarise": Command(
        "a centre's packet for pooling: sums only, no patient",
        "popmargin summarise shifts.csv --centre A -o a.json",
    ),
    "pool": Command(
        "pooled errors and margins from the packets of centres, and each centre's place",
        "popmargin pool a.json b.json c.json --centres",
    ),
    "init": Command(
        "look at exports and write a config to start from, with its questions",
        "popmargin init export/ -o mystudy.yaml",
    ),
    "motion": Command(
        "breathing traces, or motion between the images of a fraction",
        "popmargin motion traces.csv",
    ),
    "anatomy": Command(
        "change of anatomy: rates, steps, filling, depth; triggers and schedules replayed",
        "popmargin anatomy anatomy.csv --show triggers",
    ),
    "run": Command("the whole workflow for one config", "popmargin run mystudy.yaml"),
    "verify": Command(
        "check every result of a study against its recorded hash",
        "popmargin verify results/example",
    ),
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
    except KeyboardInterrupt:
        sys.stderr.write("popmargin: interrupted\n")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone (``| head``); there is nobody left to tell.
        sys.stderr.close()
        return DONE


def _complain(error: Exception, code: int) -> int:
    # Lines to add to a config stand below each other; what data brought in stays escaped, and
    # the indent keeps a line end among it from looking like a message of its own.
    first, *more = (printable(line) for line in str(error).split("\n"))
    sys.stderr.write("\n    ".join([f"popmargin: {first}", *map(str.strip, more)]) + "\n")
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
    for name, (summary, example) in COMMANDS.items():
        sub = commands.add_parser(
            name,
            help=summary,
            description=summary[0].upper() + summary[1:] + ".",
            epilog=f"Example: {example}",
            # An example that is broken over lines at a hyphen cannot be copied.
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        sub.add_argument(
            "--json", action="store_true", help="print one JSON object and nothing else"
        )
        if name in line:
            importlib.import_module(f"popmargin.cli.{name}_command").add_arguments(sub)
    return parser


if __name__ == "__main__":
    sys.exit(main())
