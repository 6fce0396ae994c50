"""The example study on this machine and the same through SLURM: the same bytes.

tests/slurm/with_slurm.sh .venv/bin/python -m tests.slurm
"""

import importlib.util
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.bench import Place
from tests.workflow.checkout import Checkout

STUDY = "example"
# Without an accounting database squeue tells of jobs; the profile leaves that to sacct.
OPTIONS = (
    *("--jobs", "4", "--latency-wait", "10"),
    *("--slurm-status-command", "squeue", "--slurm-no-account"),
    *("--slurm-init-seconds-before-status-checks", "1"),
    *("--default-resources", "slurm_partition=main", "mem_mb=1500", "runtime=30"),
)


def main() -> int:
    """Run both and compare every result."""
    if importlib.util.find_spec("snakemake_executor_plugin_slurm") is None:
        say("not tried: snakemake-executor-plugin-slurm is not installed")
        return 77
    with tempfile.TemporaryDirectory(prefix="popmargin-slurm-") as folder:
        here = Checkout.copy(Path(folder))
        there = Checkout(here.home, Path(folder) / "there")
        there.here.mkdir()
        start = time.monotonic()
        if not _ran(here):
            return 1
        say(f"on this machine: {time.monotonic() - start:.0f} s")
        start = time.monotonic()
        profile = str(here.home / "workflow" / "profiles" / "slurm")
        said = _ran(there, "--workflow-profile", profile, *OPTIONS)
        if not said:
            return 1
        jobs = said.count("submitted with SLURM jobid")
        say(f"through SLURM: {jobs} jobs in {time.monotonic() - start:.0f} s")
        truth, found = (Place(one, STUDY).hashes() for one in (here, there))
        unsound = Place(there, STUDY).statuses()
    differing = sorted(name for name in {*found, *truth} if found.get(name) != truth.get(name))
    if not jobs or differing or unsound:
        say(f"DIFFERENT: {differing or unsound or 'no job went through SLURM'}")
        return 1
    say(f"all {len(found)} results of the example study are the same bytes")
    return 0


def _ran(checkout: Checkout, *arguments: str) -> str:
    """What a run said; nothing, after its logs, when it failed."""
    done = checkout.run(*arguments, seconds=3600)
    said = done.stdout + done.stderr
    if done.returncode == 0:
        return said
    logs = sorted((checkout.here / ".snakemake" / "slurm_logs").rglob("*.log"))
    say("\n".join([said, *(log.read_text() for log in logs)]))
    return ""


def say(line: str) -> None:
    """One line, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
