"""The border between a rule and its script: messages people can read, and receipts of results.

A refusal is one line on stderr, without a traceback, and the same line in the rule's log, there
without the names of raw files and without what was found in them: a log lies among the results,
which name sources by their label.
"""

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from popmargin.core.atomic import write_text
from popmargin.core.exceptions import PopmarginError, RefusedInput
from popmargin.pipeline.receipts import check_receipt, write_receipt


@contextmanager
def rule_log(snakemake: Any) -> Iterator[None]:
    """Run the body of a rule's script.

    Parameters
    ----------
    snakemake : the object that Snakemake gives to a script. Its ``log`` names one file in
        ``results/<study>/logs``; its ``params`` hold ``code``, the rule's code fingerprint.

    Raises
    ------
    SystemExit : with code 1 when popmargin refuses; other errors pass through.
    """
    log = Path(snakemake.log[0])
    results = log.parent.parent
    inputs = [Path(name) for name in snakemake.input]
    made = [path for path in inputs if results in path.parents]
    # A job without an input of the study's own making reads raw data.
    reads_raw = len(made) < len(inputs) or not inputs
    start = time.monotonic()
    try:
        for path in made:
            check_receipt(path, results)
        yield
        for name in snakemake.output:
            write_receipt(Path(name), results, rule=snakemake.rule, code=snakemake.params.code)
    except PopmarginError as error:
        write_text(log, f"{snakemake.rule}: refused\n{_for_log(error, reads_raw)}\n")
        say(f"{snakemake.rule}: {error}")
        raise SystemExit(1) from None
    except BaseException as error:
        # The message may quote data: the terminal shows it, the log does not keep it.
        write_text(log, f"{snakemake.rule}: failed with {type(error).__name__}\n")
        raise
    write_text(log, f"{snakemake.rule}: done\n")
    say(f"{log.stem}: done in {time.monotonic() - start:.1f} s{_spent()}")


def say(line: str) -> None:
    """Write one line for people to stderr."""
    sys.stderr.write(f"popmargin: {line}\n")


def _spent() -> str:
    """Processor time of this process and the most memory that it held, where the system tells."""
    used = f", processor {time.process_time():.1f} s"
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return used
    found = re.search(r"^VmHWM:\s+(\d+) kB", status, flags=re.MULTILINE)
    return f"{used}, {int(found.group(1)) / 1e6:.2f} GB" if found else used


def _for_log(error: PopmarginError, reads_raw: bool) -> str:
    """What a log may keep: of raw data the place and what was expected, no name and no cell."""
    if not reads_raw:
        return str(error)
    if not isinstance(error, RefusedInput):
        return f"{type(error).__name__}: the terminal said why"
    place = re.search(r", (?:row|line) \d+", error.where)
    where = f"the source file{place.group() if place else ''}"
    return f"{where}: expected {error.expected}; the terminal said what was found"
