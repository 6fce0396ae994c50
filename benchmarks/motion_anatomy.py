"""Traces, mixed models and the coverage of their intervals: times and shares of runs.

Run: python -m benchmarks.motion_anatomy (a few minutes on one core).
"""

import time

import numpy as np
import polars as pl

from popmargin.motion.breathing import describe_breathing
from popmargin.motion.intrafraction import estimate_intrafraction_motion
from popmargin.motion.trace_cleaning import clean_trace
from popmargin.motion.trace_moves import moves_of_traces
from popmargin.statistics.growth import variance_growth
from popmargin.statistics.random_slopes import random_slopes

SAMPLES = 1_000_000
RUNS = 1000


def main():
    print("| work | wall, s | processor, s | to reach, s |\n|---|---|---|---|")
    wall, cpu = traces()
    print(f"| 30 traces of {SAMPLES:,} samples on three axes | {wall:.1f} | {cpu:.1f} | 10 |")
    for keep in (1.0, 0.9):
        wall, cpu = model(keep)
        print(f"| mixed model, 1,000 x 35, {keep:.0%} of values | {wall:.2f} | {cpu:.2f} | 30 |")
    print(
        f"\nShare (%) of {RUNS:,} simulated cohorts or traces whose nominal 95 % interval holds "
        "the truth; to reach: 95 +- 2.\n\n| what | held, % |\n|---|---|"
    )
    for patients, fractions, keep in ((10, 6, 1.0), (10, 6, 0.8), (25, 35, 1.0), (25, 35, 0.8)):
        for name, share in zip(
            ("rate", "its SD between patients", "residual SD"),
            rates(patients, fractions, keep),
            strict=True,
        ):
            line(f"{name}, {patients} x {fractions}, {keep:.0%} of values", share)
    for patients in (10, 20):
        line(
            f"random walk from images, {patients} patients x 15 intervals", walk_of_images(patients)
        )
        walk, drift = walk_of_traces(patients)
        line(f"random walk from traces, {patients} patients x 4 of 5 min", walk)
        line(f"drift from traces, {patients} patients x 4 of 5 min", drift)
    for breaths in (10, 20, 60):
        line(f"SD of breathing, one trace of {breaths} irregular breaths", breathing(breaths))


def line(words, share):
    print(f"| {words} | {100 * share:.1f} |")


def timed(work):
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def traces():
    rng = np.random.default_rng(1)
    t = np.arange(SAMPLES) / 30.0
    wave = np.cos(np.pi * t / 4.0) ** 4
    position = np.outer(wave, [3.0, 12.0, 4.0]) + rng.normal(0, 0.3, (SAMPLES, 3))
    return timed(lambda: [describe_breathing(clean_trace(t, position)) for _ in range(30)])


def cohort(rng, patients, fractions, keep):
    labels = np.repeat(np.arange(patients), fractions)
    x = np.tile(np.arange(fractions, dtype=float), patients)
    y = 100 + rng.normal(-0.69, 0.2, patients)[labels] * x + rng.normal(0, 3, x.size)
    kept = rng.random(x.size) < keep
    return x[kept], y[kept], labels[kept]


def model(keep):
    data = cohort(np.random.default_rng(1), 1000, 35, keep)
    return timed(lambda: random_slopes(*data))


def rates(patients, fractions, keep):
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


def walk_of_images(patients):
    rng = np.random.default_rng(3)
    inside = 0
    for _ in range(RUNS):
        tau = rng.uniform(2, 8, 15 * patients)
        moved = rng.normal(0, np.sqrt(0.2 + 0.5 * tau))
        found = variance_growth(moved, tau, np.arange(tau.size) // 15, start=0.2)
        inside += found.rate_low <= 0.5 <= found.rate_high
    return inside / RUNS


def walk_of_traces(patients, fractions=4, minutes=5.0, walk=0.4, drift=0.1):
    rng = np.random.default_rng(4)
    t = np.arange(0.0, 60.0 * minutes, 1.0)
    ids = np.repeat([f"p{p:02d}" for p in range(patients)], fractions * t.size)
    day = np.tile(np.repeat(np.arange(1, fractions + 1), t.size), patients)
    inside = np.zeros(2, dtype=int)
    total = 0
    # Three axes are three cohorts.
    for _ in range(RUNS // 3 + 1):
        shape = (patients, fractions, t.size, 3)
        position = np.cumsum(rng.normal(0, np.sqrt(walk / 60.0), shape), axis=2)
        rate = rng.normal(drift, 0.1, (patients, 1, 1, 3))
        position += rate * t[:, None] / 60.0 + rng.normal(0, 0.3, shape)
        phase = rng.uniform(0, np.pi, (patients, fractions, 1, 1))
        position += 8.0 * np.cos(np.pi * t[:, None] / 4.1 + phase) ** 4
        columns = {f"{a}_mm": position[..., k].ravel() for k, a in enumerate(("lr", "si", "ap"))}
        table = pl.DataFrame(
            {"patient_id": ids, "fraction": day, "t_s": np.tile(t, patients * fractions), **columns}
        )
        for row in estimate_intrafraction_motion(moves_of_traces(table))[0]:
            inside += [
                row["walk_low_mm2_per_min"] <= walk <= row["walk_high_mm2_per_min"],
                row["drift_low_mm_per_min"] <= drift <= row["drift_high_mm_per_min"],
            ]
            total += 1
    return (inside / total).tolist()


def breathing(breaths):
    """Heights that differ by 20 %: the truth is that of very many breaths."""
    rng = np.random.default_rng(5)
    truth = describe_breathing(irregular(rng, 20_000)).sd_mm[0]
    inside = 0
    for _ in range(RUNS):
        found = describe_breathing(irregular(rng, breaths)).sd_limits_mm[:, 0]
        inside += found[0] <= truth <= found[1]
    return inside / RUNS


def irregular(rng, breaths):
    t = np.arange(0.0, 4.0 * breaths, 0.2)
    heights = 10.0 * np.exp(rng.normal(0, 0.2, breaths))
    wave = heights[np.minimum((t // 4.0).astype(int), breaths - 1)] * np.sin(np.pi * t / 4.0) ** 4
    return clean_trace(t, wave + rng.normal(0, 0.2, t.size))


if __name__ == "__main__":
    main()
