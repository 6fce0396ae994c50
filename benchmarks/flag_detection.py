"""How often quality flags see a silent fault, and how often they see one where there is none.

``python benchmarks/flag_detection.py [--cohorts 1000] [--curve 300] [--workers 2]`` prints two
markdown tables. Cohorts: 40 patients x 20 fractions, M = 1, Sigma = sigma = 2 mm on each axis,
patients from two sources by turns, values to 0.1 mm.

Detection: share (%) of cohorts in which the flag that should name the fault is raised, at the size
to reach and at other sizes, with the margin (2.5 Sigma + 0.7 sigma, one axis, mean of a part of the
cohorts) that the fault leaves and the one without it as the flag estimates it, both in % of the
margin of the same cohorts before the fault. False alarms: share of clean cohorts of several kinds
with any blocking flag, and with any warning. Simulation error of 1 % from 1,000 cohorts: 0.3.
"""

import argparse
import multiprocessing

import numpy as np
import polars as pl

from popmargin.cohorts.faults import FAULTS, inject_fault
from popmargin.cohorts.simulate import simulate_cohort
from popmargin.core.random_streams import random_stream
from popmargin.quality.registry import FINDERS
from popmargin.quality.rows import position_rows
from popmargin.quality.thresholds import Thresholds
from popmargin.statistics.anova import anova_components
from popmargin.statistics.one_way import OneWayData

PATIENTS, FRACTIONS = 40, 20
EFFECT_EVERY = 5
AXIS = 1
CLEAN = {
    "equal sigma": {},
    "unequal sigma (inverse gamma, shape 3)": {"random_variance_shape": 3.0},
    "trends (0.05 mm a fraction, SD 0.1)": {
        "trend_mm_per_fraction": 0.05,
        "trend_sd_mm_per_fraction": 0.1,
    },
    "heavy tails (t, 5 degrees)": {"random_tail_degrees": 5.0},
    "heavy tails (t, 3 degrees)": {"random_tail_degrees": 3.0},
    "unequal sigma, heavy tails and trends": {
        "random_variance_shape": 3.0,
        "random_tail_degrees": 5.0,
        "trend_sd_mm_per_fraction": 0.1,
    },
    "autocorrelation 0.4": {"autocorrelation": 0.4},
    "M = 0": {"group_mean_mm": 0.0},
    "M = 0, Sigma = 0.5, sigma = 3": {
        "group_mean_mm": 0.0,
        "systematic_sd_mm": 0.5,
        "random_sd_mm": 3.0,
    },
    "M = Sigma = 0": {"group_mean_mm": 0.0, "systematic_sd_mm": 0.0},
    "M = Sigma = 0, 200 patients of 30": {
        "group_mean_mm": 0.0,
        "systematic_sd_mm": 0.0,
        "fractions": [30] * 200,
    },
    "12 patients of 5 to 30 fractions": {"fractions": np.linspace(5, 30, 12).astype(int)},
    "to 1 mm": {"grid_mm": 1.0},
    "to 5 mm": {"grid_mm": 5.0},
    "fractions 1 to 3, then weekly": {"weekly": True},
    "two images a fraction, 0.5 mm apart": {"twice": True},
    "means of two sources 1 and 0": {"second_mean_mm": 0.0},
    "axes correlated 0.5": {"axis_correlation": 0.5 * np.eye(3) + 0.5},
}


AXES = ("lr_mm", "si_mm", "ap_mm")


def clean_cohort(rng, *, grid_mm=0.1, weekly=False, twice=False, second_mean_mm=1.0, **changes):
    """One cohort without a fault."""
    truth = {"group_mean_mm": 1.0, "systematic_sd_mm": 2.0, "random_sd_mm": 2.0}
    settings = {"fractions": [FRACTIONS] * PATIENTS, **truth, **changes}
    cohort = simulate_cohort(rng=rng, **settings)
    second = pl.col("patient_id").rank("dense") % 2 == 0
    if weekly:
        cohort = cohort.filter((pl.col("fraction") <= 3) | (pl.col("fraction") % 5 == 0))
    if twice:
        noise = (pl.Series(0.5 * rng.standard_normal(cohort.height)) for _ in AXES)
        again = cohort.with_columns(
            pl.col(name) + more for name, more in zip(AXES, noise, strict=True)
        )
        cohort = pl.concat([cohort, again])
    moved = pl.col(AXES) + pl.when(second).then(second_mean_mm - 1.0).otherwise(0.0)
    return cohort.with_columns(
        moved.truediv(grid_mm).round().mul(grid_mm),
        source=pl.when(second).then(pl.lit("a")).otherwise(pl.lit("b")),
    )


def linear_margin(rows, variance=None):
    """2.5 Sigma + 0.7 sigma of the first images on one axis."""
    first = rows.first_images()
    there = np.isfinite(first.values[:, AXIS])
    parts = anova_components(OneWayData.from_values(first.values[there, AXIS], first.unit[there]))
    less = 0.0 if variance is None else variance[AXIS]
    within = max(0.0, parts.within_variance - less)
    return 2.5 * max(0.0, parts.between_variance) ** 0.5 + 0.7 * within**0.5


def detection(task):
    """Share of cohorts in which a fault of one size is seen, and the margins around it."""
    name, size, cohorts = task
    fault, limits = FAULTS[name], Thresholds()
    rng = random_stream(1, "detection", name, str(size))
    seen, margins = [], []
    for number in range(cohorts):
        clean = clean_cohort(rng)
        rows = position_rows(inject_fault(clean, name, rng=rng, size=size))
        finding = FINDERS[fault.code](rows, limits)
        seen.append(finding is not None)
        if number % EFFECT_EVERY == 0 and finding is not None:
            repaired = finding.repaired or (
                rows if finding.variance_within_mm2 is not None else None
            )
            margins.append(
                (
                    linear_margin(position_rows(clean)),
                    linear_margin(rows),
                    np.nan
                    if repaired is None
                    else linear_margin(repaired, finding.variance_within_mm2),
                )
            )
    if not margins:
        return float(np.mean(seen)), None, None
    truth, left, repaired = np.mean(margins, axis=0)
    without = None if np.isnan(repaired) else repaired / truth - 1.0
    return float(np.mean(seen)), left / truth - 1.0, without


def false_alarms(task):
    """Shares of clean cohorts with a blocking flag and with a warning, and the codes."""
    kind, cohorts = task
    limits = Thresholds()
    rng = random_stream(1, "clean", kind)
    blocked, warned, codes = 0, 0, set()
    for _ in range(cohorts):
        rows = position_rows(clean_cohort(rng, **CLEAN[kind]))
        findings = [found for find in FINDERS.values() if (found := find(rows, limits))]
        blocked += any(found.severity == "block" for found in findings)
        warned += any(found.severity == "warn" for found in findings)
        codes |= {found.code for found in findings if found.severity != "info"}
    return blocked / cohorts, warned / cohorts, sorted(codes)


def percent(value):
    """A share in per cent; a dash where there is none."""
    return "-" if value is None else f"{100 * value:+.0f}"


def main() -> None:
    """Measure detection and false alarms and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cohorts", type=int, default=1000)
    parser.add_argument("--curve", type=int, default=300)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    tasks = [
        (name, size, options.cohorts if size == fault.size else options.curve)
        for name, fault in FAULTS.items()
        for size in sorted((fault.size, *fault.sizes))
    ]
    clean = [(kind, options.cohorts) for kind in CLEAN]
    with multiprocessing.get_context("spawn").Pool(options.workers) as pool:
        seen = dict(zip(tasks, pool.imap(detection, tasks), strict=True))
        alarms = pool.map(false_alarms, clean)
    print(f"{options.cohorts} cohorts a line at the size to reach, {options.curve} elsewhere.\n")
    print(
        "| fault | size | at that size | seen, % | margin, % | without, % | other sizes: seen, % |"
    )
    print("|" + "---|" * 7)
    for name, fault in FAULTS.items():
        own = {task[1]: found for task, found in seen.items() if task[0] == name}
        share, left, without = own[fault.size]
        curve = ", ".join(f"{s:g}: {100 * own[s][0]:.0f}" for s in sorted(own) if s != fault.size)
        print(
            f"| {name} | {fault.words} | {fault.size:g} | {100 * share:.1f} | {percent(left)} "
            f"| {percent(without)} | {curve} |"
        )
    print("\n| clean cohorts | blocked, % | warned, % | flags |\n|---|---|---|---|")
    for (kind, _), (blocked, warned, codes) in zip(clean, alarms, strict=True):
        print(
            f"| {kind} | {100 * blocked:.1f} | {100 * warned:.1f} | {', '.join(codes) or 'none'} |"
        )


if __name__ == "__main__":
    main()
