"""Runs that are killed at a random instant, or doubled: the resumed results are the true ones."""

import os
import random
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from tests.faults.bench import RESUME, UNLOCK, Bench, Place

WHOM = ("group", "controller", "child")


def kill_and_resume(bench: Bench, rng: random.Random, most: int) -> tuple[int, str]:
    """Kill -9 a run, and what resumes it, up to ``most`` times, at random instants; compare.

    Returns the number of kills that struck a living process, and whom, when.
    """
    place = bench.fresh()
    struck: list[str] = []
    for number in range(most):
        run = place.start(*RESUME)
        instant = rng.uniform(0.5, 2.5 * bench.seconds / most)
        time.sleep(instant)
        whom = WHOM[(number + rng.randrange(3)) % len(WHOM)]
        hit = _kill(run, rng, whom)
        if hit:
            struck.append(f"{whom} {instant:.0f} s")
        # Of a killed child the controller lives on: it names the failure and ends by itself.
        run.wait(timeout=600)
        _let_orphans_end(run.pid)
        place.checkout.done(*UNLOCK)
        if run.returncode == 0:
            break
    place.resume()
    assert place.hashes() == bench.truth, "results differ after the resume"
    assert place.statuses() == {}
    leftovers = [path.name for path in place.here.rglob(".partial-*")]
    assert leftovers == [], leftovers
    said = f"{', '.join(struck)}; resumed to the same {len(bench.truth)} results"
    return len(struck), said


def _kill(run: subprocess.Popen[bytes], rng: random.Random, whom: str) -> bool:
    """Send the signal; whether there was somebody to receive it."""
    if run.poll() is not None:
        return False
    if whom == "group":
        os.killpg(run.pid, signal.SIGKILL)
    elif whom == "controller":
        run.kill()
    else:
        children = _descendants(run.pid)
        if not children:
            return False
        with suppress(ProcessLookupError):
            os.kill(rng.choice(children), signal.SIGKILL)
    return True


def _descendants(root: int) -> list[int]:
    """Processes below ``root``, from /proc."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found, todo = [], [root]
    while todo:
        below = parents.get(todo.pop(), [])
        found += below
        todo += below
    return sorted(found)


def _let_orphans_end(group: int) -> None:
    """Children of a killed controller run on: wait for them."""
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    os.killpg(group, signal.SIGKILL)


def two_runs_at_once(bench: Bench, rng: random.Random) -> str:
    """The second run in one folder is refused; the first ends as if alone."""
    place = bench.fresh()
    run = place.start()
    limit = time.monotonic() + 60
    while not (place.here / ".snakemake" / "locks").exists() or not any(
        (place.here / ".snakemake" / "locks").iterdir()
    ):
        assert run.poll() is None
        assert time.monotonic() < limit
        time.sleep(0.02)
    time.sleep(rng.uniform(0.0, 0.3 * bench.seconds))
    second = place.checkout.run(*RESUME)
    assert second.returncode != 0
    assert "lock" in second.stderr.lower()
    assert run.wait(timeout=600) == 0
    assert place.hashes() == bench.truth
    return "the second was refused by the lock; the first gave the true results"


def interrupted(bench: Bench, rng: random.Random) -> str:
    """Ctrl-C (SIGINT to the group) ends the run; it goes on from there."""
    place = bench.fresh()
    run = place.start()
    time.sleep(rng.uniform(2.0, 0.8 * bench.seconds))
    if run.poll() is None:
        os.killpg(run.pid, signal.SIGINT)
    assert run.wait(timeout=120) != 0
    place.resume()
    assert place.hashes() == bench.truth
    return "resumed to the true results"


def orphan_meets_resume(bench: Bench, rng: random.Random) -> str:
    """The controller is killed; its jobs still write while the resumed run does."""
    place: Place = bench.fresh()
    run = place.start()
    time.sleep(rng.uniform(0.3, 0.9) * bench.seconds)
    run.kill()
    run.wait(timeout=30)
    place.resume()
    _let_orphans_end(run.pid)
    assert place.hashes() == bench.truth
    assert place.statuses() == {}
    return "both wrote the same bytes"
