"""The parsers fuzzed for long, guided by which lines a changed file reaches (atheris, libFuzzer).

    python -m tests.fuzz [NAME ...] [--runs 1000000] [--seconds 600] [--seed 1]

without a NAME every parser in turn. Needs ``python -m pip install atheris`` (Linux, Python 3.11 to
3.13), which is not in the lock. Ends with exit code 1 when an input broke a parser; that input is
kept and named. The short form of this is ``tests/unit/gather/test_fuzz.py``.
"""

import argparse
import importlib.util
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz.targets import targets


def main() -> int:
    """Fuzz what is named and print a line of a table for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--runs", type=int, default=1_000_000, help="executions of each parser")
    parser.add_argument("--seconds", type=int, default=0, help="at most for each (0: no limit)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        parser.error("atheris is not installed: python -m pip install atheris")
    with tempfile.TemporaryDirectory() as folder:
        known = targets(Path(folder))
    unknown = sorted(set(options.names) - set(known))
    if unknown:
        parser.error(f"no parser {unknown[0]!r}; there are {', '.join(known)}")
    say("| parser | executions | s | found |")
    say("|---|---|---|---|")
    broken = [name for name in options.names or known if not fuzz(name, options)]
    return 1 if broken else 0


def fuzz(name: str, options: argparse.Namespace) -> bool:
    """Fuzz one parser in a process of its own; whether it held."""
    kept = Path(tempfile.mkdtemp(prefix=f"popmargin-fuzz-{name}-"))
    limits = {
        "atheris_runs": options.runs,
        "max_total_time": options.seconds,
        "seed": options.seed,
        "timeout": 10,
        "rss_limit_mb": 1024,
        "artifact_prefix": f"{kept}/",
    }
    words = [f"-{key}={value}" for key, value in limits.items()]
    command = [sys.executable, "-m", "tests.fuzz.one_parser", name, *words]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    counted = re.search(r"Done (\d+) (?:runs )?in (\d+) second", done.stderr)
    executions, seconds = counted.groups() if counted else ("?", "?")
    found = "nothing"
    # The libraries' threads may fall over each other at the very end: what counts is what is kept.
    held = counted is not None and not any(kept.iterdir())
    if not held:
        (kept / "said.txt").write_text(done.stdout + done.stderr)
        found = f"see {kept}"
    else:
        kept.rmdir()
    say(f"| {name} | {executions} | {seconds} | {found} |")
    return held


def say(line: str) -> None:
    """One line of the table, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
