"""Run Snakemake for people who do not know it: its progress in few lines, its end in words.

Lines that only Snakemake's developers read are left out; every other line, and everything once it
has stopped on a fault, passes through. Limits: what a job prints in the same form is left out too.
"""

import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Final

_HIDDEN: Final = re.compile(
    r"Select jobs to execute\.\.\.|Execute \d+ jobs\.\.\.|Finished jobid: .*|\[\w{3} \w{3} .*\]"
    r"|Using workflow specific profile .*|Assuming unrestricted shared filesystem .*|"
    r"Building DAG of jobs\.\.\.|Using shell: .*|Provided cores: .*|"
    r"Rules claiming more threads .*|Conda environments: ignored|"
)
# How many jobs of each rule a run has: of use where nothing but that is asked.
_COUNTS: Final = re.compile(r"Job stats:|job +count|-+ +-+|[a-z_]+ +\d+")
_REFUSAL: Final = re.compile(r"popmargin: (?P<rule>\w+): (?P<reason>.* expected .*)")
_LOCKED: Final = "LockException:"
# How long an interrupted Snakemake may take to end its jobs before it is told to stop.
_PATIENCE_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended: the exit code, and why it stopped where that is known."""

    code: int
    reason: str | None = None


def watch(command: Sequence[str]) -> Ending:
    """Run ``command`` to its end and pass on what people need of its stderr.

    Raises
    ------
    KeyboardInterrupt : after the command has ended too, so that it could tidy up.

    >>> watch([sys.executable, "-c", "raise SystemExit(3)"])
    Ending(code=3, reason=None)
    """
    with subprocess.Popen(  # noqa: S603
        command, stderr=subprocess.PIPE, text=True, errors="replace", bufsize=1
    ) as process:
        lines = process.stderr
        if lines is None:  # pragma: no cover - a pipe was asked for
            return Ending(process.wait())
        try:
            hidden = [_HIDDEN] if "--dry-run" in command else [_HIDDEN, _COUNTS]
            reason = _pass_on(lines, hidden)
            return Ending(process.wait(), reason)
        except KeyboardInterrupt:
            # The terminal told Snakemake too: it ends its jobs and takes its lock away.
            _let_end(process)
            raise


def _pass_on(lines: IO[str], hidden: Sequence[re.Pattern[str]]) -> str | None:
    """Write the lines that people need; the reason of a stop, where one of them says it."""
    reason = None
    for line in lines:
        text = line.rstrip("\n")
        if any(pattern.fullmatch(text) for pattern in hidden):
            continue
        refusal = _REFUSAL.fullmatch(text)
        if refusal:
            reason = refusal["reason"]
        elif text == _LOCKED:
            reason = (
                "another run in this folder is under way, or one was killed; if none is, "
                "add --unlock to the command once, then run it again"
            )
        sys.stderr.write(line)
        sys.stderr.flush()
    return reason


def _let_end(process: subprocess.Popen[str]) -> None:
    try:
        process.communicate(timeout=_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.terminate()
        process.communicate()
