"""One study on this machine and the same through SLURM: the same bytes.

tests/slurm/with_slurm.sh .venv/bin/python -m tests.slurm
"""

import importlib.util
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.bench import RUN, Bench

# Without an accounting database squeue tells of jobs; the profile leaves that to sacct.
HERE = (
    *("--workflow-profile", "workflow/profiles/slurm", "--jobs", "4", "--latency-wait", "10"),
    *("--slurm-status-command", "squeue", "--slurm-no-account"),
    *("--slurm-init-seconds-before-status-checks", "1"),
    *("--default-resources", "slurm_partition=main", "mem_mb=1500", "runtime=10"),
)


def main() -> int:
    """Run both and compare every result."""
    if importlib.util.find_spec("snakemake_executor_plugin_slurm") is None:
        say("not tried: snakemake-executor-plugin-slurm is not installed")
        return 77
    with tempfile.TemporaryDirectory(prefix="popmargin-slurm-") as folder:
        bench = Bench(Path(folder))
        say(f"on this machine: {len(bench.truth)} results in {bench.seconds:.0f} s")
        place = bench.fresh()
        start = time.monotonic()
        profile = str(place.checkout.home / HERE[1])
        done = place.checkout.run(*RUN, HERE[0], profile, *HERE[2:], seconds=1800)
        said = done.stdout + done.stderr
        if done.returncode != 0:
            logs = sorted((place.here / ".snakemake" / "slurm_logs").rglob("*.log"))
            say("\n".join([said, *(log.read_text() for log in logs)]))
            return 1
        jobs = said.count("submitted with SLURM jobid")
        say(f"through SLURM: {jobs} jobs in {time.monotonic() - start:.0f} s")
        found = place.hashes()
        differing = sorted(n for n in {*found, *bench.truth} if found.get(n) != bench.truth.get(n))
        unsound = place.statuses()
    if not jobs or differing or unsound:
        say(f"DIFFERENT: {differing or unsound or 'no job went through SLURM'}")
        return 1
    say(f"all {len(found)} results are the same bytes")
    return 0


def say(line: str) -> None:
    """One line, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
