"""Coverage of the 95 % intervals of what protocols leave, non-linear rules included.

``python benchmarks/replay_interval_coverage.py [--cohorts 400]`` prints a markdown table: protocol,
patients P (30 fractions each), phase, Sigma and sigma left, then the share of intervals that hold
the truth: of M, Sigma, sigma, the recipe of van Herk (exact form), and of Sigma by percentiles of a
bootstrap over patients, as people do it. Uncorrected errors are normal, Sigma = 3 mm, sigma = 2 mm
and M = 0 on every axis; each cohort gives three intervals, one an axis.

The truth of a protocol is what it leaves on average over all cohorts of that design (weights from
the other patients depend on how many there are). Simulation error of a coverage near 0.95 from
1,200 intervals: 0.6 points.
"""

import argparse
from typing import NamedTuple

import numpy as np

from popmargin.core.random_streams import random_stream
from popmargin.margins.margin_interval import margin_interval
from popmargin.margins.registry import find_recipe
from popmargin.protocols.apply import Applied, apply_protocol
from popmargin.protocols.courses import Courses
from popmargin.protocols.others import leave_patient_out
from popmargin.protocols.parse import parse_protocol
from popmargin.protocols.phase import phase_data
from popmargin.protocols.random_interval import makes_steps, spanning, variance_ratios
from popmargin.protocols.replayed import PHASES
from popmargin.statistics.anova import anova_components
from popmargin.statistics.generalised_interval import generalised_draws
from popmargin.statistics.interval import interval_of
from popmargin.statistics.mean_interval import mean_interval
from popmargin.statistics.within_interval import within_interval

SYSTEMATIC_SD_MM, RANDOM_SD_MM, FRACTIONS = 3.0, 2.0, 30
PATIENTS = (10, 20, 50)
RESAMPLES, BOOTSTRAP_EVERY = 500, 4
PROTOCOLS = (
    "no_imaging",
    "nal:images=3",
    "nal_shrunk:images=3",
    "enal:images=3",
    "sal:alpha_mm=9,max_images=2,rule=axis",
    "sal:alpha_mm=9,max_images=2,rule=vector",
    "cover:images=3",
    "weekly:first=3,carry=true",
    "daily_threshold:threshold_mm=5,rule=axis,residual_sd_mm=1",
    "daily_threshold:threshold_mm=5,rule=vector,residual_mm=3",
    "kalman:process_sd_mm=1",
)


class Found(NamedTuple):
    """Shares of intervals that hold the truth, and the truth."""

    systematic_sd_mm: float
    random_sd_mm: float
    mean: float
    systematic: float
    random: float
    margin: float
    bootstrap: float


def cohorts(count: int, patients: int, rng: np.random.Generator) -> list[Courses]:
    """Cohorts of uncorrected errors."""
    made = []
    number = np.tile(np.arange(1, FRACTIONS + 1), patients)
    offsets = np.arange(0, patients * FRACTIONS + 1, FRACTIONS)
    for _ in range(count):
        errors = rng.normal(0, RANDOM_SD_MM, (patients * FRACTIONS, 3))
        systematic = rng.normal(0, SYSTEMATIC_SD_MM, (patients, 3))
        errors += np.repeat(systematic, FRACTIONS, axis=0)
        made.append(Courses(errors, number, offsets, np.arange(patients)))
    return made


def replayed(text: str, made: list[Courses]) -> list[Applied]:
    """The protocol on every cohort, in one compiled run."""
    protocol = parse_protocol(text)
    patients = made[0].unit_count
    rows = patients * FRACTIONS
    every = Courses(
        np.concatenate([one.errors_mm for one in made]),
        np.tile(made[0].fraction, len(made)),
        np.arange(0, rows * len(made) + 1, FRACTIONS),
        np.arange(patients * len(made)),
    )
    others = None
    if protocol.kind.uses_others:
        others = np.concatenate([leave_patient_out(one) for one in made])
    applied = apply_protocol(protocol, every, others)
    edges = range(0, patients * len(made), patients)
    kept = applied._replace(errors_mm=np.zeros((patients * len(made), 0)))
    return [Applied(*(part[a : a + patients] for part in kept)) for a in edges]


def holds(interval, truth: float) -> bool:
    """Whether an interval holds the truth."""
    return interval.low <= truth <= interval.high


def bootstrap(data, rng: np.random.Generator):
    """Percentile interval of Sigma from resampled patients; all have nearly the same fractions."""
    groups = data.group_count
    picks = rng.integers(0, groups, (RESAMPLES, groups))
    sizes = data.sizes[picks]
    within = data.sums_of_squares[picks].sum(axis=1) / np.maximum((sizes - 1).sum(axis=1), 1)
    between = data.means[picks].var(axis=1, ddof=1) - within * (1.0 / sizes).mean(axis=1)
    return interval_of(np.sqrt(np.maximum(between, 0.0)))


def coverage(
    text: str, phase: str, made: list[Courses], each: list[Applied], rng: np.random.Generator
) -> Found:
    """Share of intervals that hold what the protocol leaves on average."""
    protocol = parse_protocol(text)
    residual = protocol.values["residual_sd_mm"]
    number = PHASES[phase]
    data, steps = [], []
    for courses, one in zip(made, each, strict=True):
        known = phase == "course" and makes_steps(protocol, one)
        ratios = variance_ratios(protocol, courses, compiled=True) if known else None
        for axis in range(3):
            left = phase_data(one, number, axis, residual)
            if left is not None and left.group_count > 2:
                data.append(left)
                steps.append(None if ratios is None else ratios[:, axis])
    parts = [anova_components(d) for d in data]
    mean = float(np.mean([p.mean for p in parts]))
    between = max(float(np.mean([p.between_variance for p in parts])), 0.0) ** 0.5
    within = float(np.mean([p.within_variance for p in parts])) ** 0.5
    recipe = find_recipe("van_herk")
    truth = float(recipe.margin(between, within))
    found, resampled = [], []
    for place, (one, part, ratios) in enumerate(zip(data, parts, steps, strict=True)):
        random = within_interval(one)
        if ratios is not None:
            random = spanning(random, part.within_sd, ratios)
        draws = generalised_draws(one)
        margin = margin_interval(
            recipe,
            part.between_sd,
            part.within_sd,
            systematic_draws_mm=draws.between_sd,
            random_draws_mm=draws.within_sd,
        )
        found.append(
            [
                holds(mean_interval(one, part), mean),
                holds(interval_of(draws.between_sd), between),
                holds(random, within),
                margin.low_mm <= truth <= margin.high_mm,
            ]
        )
        if place % BOOTSTRAP_EVERY == 0 and not residual:
            resampled.append(holds(bootstrap(one, rng), between))
    shares = np.mean(found, axis=0).tolist()
    return Found(between, within, *shares, float(np.mean(resampled)) if resampled else np.nan)


def main() -> None:
    """Run every design and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cohorts", type=int, default=400)
    parser.add_argument("--protocol", action="append", help="only these protocols")
    options = parser.parse_args()
    print(
        f"Share (%) of nominal 95 % intervals that hold what the protocol leaves on average; "
        f"{options.cohorts} cohorts of three axes a line.\n"
    )
    print(
        "| protocol | P | phase | Sigma left, mm | sigma left, mm | M | Sigma | sigma | van_herk "
        "| Sigma, bootstrap |"
    )
    print("|" + "---|" * 10)
    for patients in PATIENTS:
        made = cohorts(
            options.cohorts, patients, random_stream(1, "replay coverage", str(patients))
        )
        for text in options.protocol or PROTOCOLS:
            each = replayed(text, made)
            same = all((one.sizes[:, 0] == one.sizes[:, 1]).all() for one in each)
            for phase in ("course",) if same else PHASES:
                rng = random_stream(1, "replay bootstrap", text, phase, str(patients))
                left = coverage(text, phase, made, each, rng)
                shares = " | ".join("" if np.isnan(x) else f"{100 * x:.1f}" for x in left[2:])
                print(
                    f"| {text} | {patients} | {phase} | {left.systematic_sd_mm:.2f} "
                    f"| {left.random_sd_mm:.2f} | {shares} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
