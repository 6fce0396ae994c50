"""Silent faults of the log that a command rests on, and the answers to those that block.

Every command that makes numbers of a log looks for them. A flag that blocks withholds margins, and
the command ends with exit code 3, until ``--override FLAG=REASON`` answers for it; the reason then
stands in the flag's own message.
"""

import argparse
from collections.abc import Sequence

from popmargin.cli.answer import DONE, WITHHELD
from popmargin.cli.shifts_options import Reading
from popmargin.core.exceptions import WrongUsage
from popmargin.core.flags import Flag
from popmargin.pipeline.account import answered_flags

_SHORTEST_REASON = 10


def add_override_option(parser: argparse.ArgumentParser) -> None:
    """``--override``."""
    parser.add_argument(
        "--override",
        action="append",
        default=[],
        metavar="FLAG=REASON",
        help="go on although this flag blocks margins, with the reason in words",
    )


def answered_faults(
    options: argparse.Namespace,
    reading: Reading,
    flags: Sequence[Flag],
    *,
    group_by: Sequence[str] = (),
    protocol_in_force: bool = False,
) -> list[Flag]:
    """Flags of the reading, ``flags``, and those of silent faults, answered by ``--override``.

    Parameters
    ----------
    options : ``timing``, ``surrogate`` and ``override`` of the command line.
    reading : the table, all images.
    flags : what else the command has to say.
    group_by : the groups that the command estimates, each looked at by itself.
    protocol_in_force : a correction protocol was in force when the rows were logged.
    """
    from popmargin.quality.find_faults import find_quality_faults

    stated = overrides(options.override)
    faults = find_quality_faults(
        reading.table.frame,
        group_by=group_by,
        timing=options.timing,
        surrogate=options.surrogate,
        protocol_in_force=protocol_in_force,
    ).flags
    return answered_flags([*reading.flags, *flags, *faults], stated, by="--override")


def exit_code(flags: Sequence[Flag]) -> int:
    """3 where a blocking flag stands that nobody answered for.

    >>> exit_code([Flag("mixed_units", "block", "")]), exit_code([])
    (3, 0)
    """
    return WITHHELD if any(flag.severity == "block" for flag in flags) else DONE


def overrides(stated: Sequence[str]) -> list[dict[str, str]]:
    """Flags answered for on the line; `WrongUsage` without a reason of at least ten letters.

    >>> overrides(["mixed_units=two patients with rigid masks"])[0]["flag"]
    'mixed_units'
    """
    found = []
    for text in stated:
        flag, _, reason = text.partition("=")
        if len(reason.strip()) < _SHORTEST_REASON:
            raise WrongUsage(
                f"--override {text!r}: expected FLAG=REASON with a reason in words "
                f"(at least {_SHORTEST_REASON} letters)"
            )
        found.append({"flag": flag.strip(), "reason": reason.strip()})
    return found
