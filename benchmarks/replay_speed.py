"""Replay of protocols: compiled rules against their plain Python twins, in the same run.

``python benchmarks/replay_speed.py`` prints a markdown table: protocol, first call (compilation
included), fractions a second of the compiled rule on 1e6 fractions x 3 axes and of the twin on a
small part of them, and their ratio. The best of several rounds counts, because other work on the
machine only ever slows one down. To reach: 100 M fractions a second for NAL, eNAL and threshold
on two processors, and 100 times the twin.
"""

import itertools
import sys
import time
from pathlib import Path

import numpy as np

from popmargin.protocols.apply import apply_protocol
from popmargin.protocols.courses import Courses
from popmargin.protocols.parse import parse_protocol
from popmargin.protocols.protocol import known_others

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.oracles.protocols_plain import TWINS

PATIENTS, FRACTIONS, TWIN_PATIENTS, ROUNDS = 33_334, 30, 100, 15
SYSTEMATIC_SD_MM, RANDOM_SD_MM = 3.0, 2.0
PROTOCOLS = (
    "nal:images=3",
    "nal_shrunk:images=3",
    "enal:images=3,model=mean",
    "enal:images=3,model=trend",
    "daily_threshold:threshold_mm=5,rule=axis",
    "daily_threshold:threshold_mm=5,rule=vector",
    "weekly:first=3,carry=true",
    "sal:alpha_mm=9,max_images=2,rule=axis",
    "cover:images=3",
    "kalman:process_sd_mm=1",
)


def simulated(patients):
    """Courses of equal length."""
    rng = np.random.default_rng(1)
    errors = rng.normal(0, RANDOM_SD_MM, (patients * FRACTIONS, 3))
    errors += np.repeat(rng.normal(0, SYSTEMATIC_SD_MM, (patients, 3)), FRACTIONS, axis=0)
    number = np.tile(np.arange(1, FRACTIONS + 1), patients)
    offsets = np.arange(0, patients * FRACTIONS + 1, FRACTIONS)
    return Courses(errors, number, offsets, np.arange(patients))


def as_twins_read(courses):
    """The first patients as lists of (fraction number, errors)."""
    rows = courses.errors_mm.tolist()
    numbers = courses.fraction.tolist()
    edges = courses.offsets[: TWIN_PATIENTS + 1].tolist()
    return [[(numbers[i], rows[i]) for i in range(a, b)] for a, b in itertools.pairwise(edges)]


def best(work, rounds=ROUNDS):
    """Shortest of several rounds, in seconds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def main():
    courses = simulated(PATIENTS)
    patients = as_twins_read(courses)
    known = known_others(0, SYSTEMATIC_SD_MM, RANDOM_SD_MM)
    print("| protocol | first call, s | compiled, M fractions/s | twin, M fractions/s | ratio |")
    print("|---|---|---|---|---|")
    for text in PROTOCOLS:
        protocol = parse_protocol(text)
        twin = TWINS[protocol.name]

        def compiled(protocol=protocol):
            return apply_protocol(protocol, courses, known[None])

        def plain(protocol=protocol, twin=twin):
            return [twin(p, others=known.T.tolist(), **protocol.values) for p in patients]

        start = time.perf_counter()
        compiled()
        first = time.perf_counter() - start
        fast = courses.fraction.size / best(compiled) / 1e6
        slow = TWIN_PATIENTS * FRACTIONS / best(plain, 3) / 1e6
        print(f"| {text} | {first:.2f} | {fast:.0f} | {slow:.3f} | {fast / slow:.0f} |", flush=True)


if __name__ == "__main__":
    main()
