"""Traces, mixed models and the coverage of their intervals: times and shares of runs.

Run: python benchmarks/motion_anatomy.py (about two minutes on one core).
"""

import time

import numpy as np

from popmargin.motion.breathing import describe_breathing
from popmargin.motion.trace_cleaning import clean_trace
from popmargin.statistics.random_slopes import random_slopes

SAMPLES = 1_000_000
RUNS = 1000


def main():
    print(f"30 traces of {SAMPLES:,} samples on three axes: {traces():.1f} s")
    for keep in (1.0, 0.9):
        print(f"mixed model, 1,000 patients x 35, {keep:.0%} of values: {model(keep):.2f} s")
    for patients, fractions, keep in ((10, 6, 1.0), (10, 6, 0.8), (25, 35, 1.0), (25, 35, 0.8)):
        shares = coverage(patients, fractions, keep)
        print(patients, fractions, keep, "coverage of rate, its SD, residual SD:", *shares)


def traces():
    rng = np.random.default_rng(1)
    t = np.arange(SAMPLES) / 30.0
    wave = np.cos(np.pi * t / 4.0) ** 4
    position = np.outer(wave, [3.0, 12.0, 4.0]) + rng.normal(0, 0.3, (SAMPLES, 3))
    start = time.perf_counter()
    for _ in range(30):
        describe_breathing(clean_trace(t, position))
    return time.perf_counter() - start


def cohort(rng, patients, fractions, keep):
    labels = np.repeat(np.arange(patients), fractions)
    x = np.tile(np.arange(fractions, dtype=float), patients)
    y = 100 + rng.normal(-0.69, 0.2, patients)[labels] * x + rng.normal(0, 3, x.size)
    kept = rng.random(x.size) < keep
    return x[kept], y[kept], labels[kept]


def model(keep):
    data = cohort(np.random.default_rng(1), 1000, 35, keep)
    start = time.perf_counter()
    random_slopes(*data)
    return time.perf_counter() - start


def coverage(patients, fractions, keep):
    rng = np.random.default_rng(2)
    inside = np.zeros(3, dtype=int)
    for _ in range(RUNS):
        found = random_slopes(*cohort(rng, patients, fractions, keep))
        truths = (
            (found.slope_interval, -0.69),
            (found.slope_sd_interval, 0.2),
            (found.residual_sd_interval, 3.0),
        )
        inside += [i.low <= truth <= i.high for i, truth in truths]
    return (inside / RUNS).tolist()


if __name__ == "__main__":
    main()
