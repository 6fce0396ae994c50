"""The full kit: every fault, many times, and a table of what was survived.

    python -m tests.faults [--kills 20] [--seed 1] [--only WORD]

Takes about 15 minutes on two idle cores. Ends with exit code 1 when a fault was not survived.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.faults import damage, inputs, kills, storage
from tests.faults.bench import Bench

SKIPPED = "not tried"
Fault = Callable[[Bench, random.Random], str]


FAULTS: list[tuple[str, Fault]] = [
    ("controller killed, its jobs write on", kills.orphan_meets_resume),
    ("interrupt (Ctrl-C)", kills.interrupted),
    ("two runs at once", kills.two_runs_at_once),
    ("disk full, one table", lambda _, rng: storage.full_disk_keeps_the_old_file(rng)),
    ("disk full during a run", storage.full_disk),
    ("read-only folder", storage.read_only_folder),
    ("bits flipped, files cut, deleted, added", damage.every_tampered_result_is_found),
    ("a number edited with its receipt", damage.an_edited_number_with_its_receipt_is_found),
    ("a damaged record", damage.a_damaged_record_is_refused),
    ("damaged intermediates", damage.damaged_intermediates_are_never_built_upon),
    ("an input replaced by older content", inputs.replaced_with_an_older_time),
    ("hostile ids and labels", inputs.hostile_ids_and_labels),
    ("broken configs", inputs.broken_configs),
    ("damaged and exploding inputs", inputs.damaged_inputs),
]


def main() -> int:
    """Try every fault and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="faults whose name holds this word")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="popmargin-faults-") as folder:
        bench = Bench(Path(folder))
        say(f"undisturbed run: {bench.seconds:.0f} s, {len(bench.truth)} results")
        say("")
        say("| fault | survived | what happened | s |")
        say("|---|---|---|---|")
        rng = random.Random(options.seed)
        verdicts = _kills(bench, rng, options.kills) if options.only in "kill -9" else []
        for name, fault in FAULTS:
            if options.only in name:
                verdicts += [_try(name, lambda fault=fault: fault(bench, rng))]
    tried = [verdict for verdict in verdicts if verdict != SKIPPED]
    say("")
    say(f"survived {tried.count('yes')} of {len(tried)}")
    return 0 if set(tried) <= {"yes"} else 1


def _kills(bench: Bench, rng: random.Random, wanted: int) -> list[str]:
    """Runs that are killed up to four times each, until ``wanted`` kills have struck."""
    struck, verdicts = 0, []
    while struck < wanted and verdicts.count("NO") < 3:
        counted: list[int] = []
        verdicts.append(
            _try(
                f"kill -9 at random instants, from {struck + 1}",
                partial(_chain, bench, rng, min(4, wanted - struck), counted),
            )
        )
        struck += sum(counted)
    say(f"| kills that struck | {struck} of {wanted} | | |")
    return verdicts


def _chain(bench: Bench, rng: random.Random, most: int, counted: list[int]) -> str:
    count, said = kills.kill_and_resume(bench, rng, most)
    counted.append(count)
    return said


def _try(name: str, fault: Callable[[], str]) -> str:
    """Try one fault and print its line; the verdict."""
    start = time.monotonic()
    try:
        said, verdict = fault(), "yes"
    except storage.NotHere as error:
        said, verdict = str(error), SKIPPED
    except (Exception, pytest.fail.Exception) as error:
        said, verdict = f"{type(error).__name__}: {error}"[:400].replace("\n", " "), "NO"
    say(f"| {name} | {verdict} | {said} | {time.monotonic() - start:.0f} |")
    return verdict


def say(line: str) -> None:
    """One line of the table, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
