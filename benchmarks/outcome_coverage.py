"""Coverage of the outcome intervals in simulated cohorts with a known effect.

``python benchmarks/outcome_coverage.py [--cohorts 2000]`` prints a markdown table: design, then the
bias of the naive difference and of the weighted one, and the share of cohorts whose 95 % interval
holds the truth, for the naive difference (Wald), the weighted difference, the adjusted odds ratio
and the adjusted hazard ratio. Simulation error of a coverage near 0.95 from 2,000 cohorts: 0.5
points. Truths are those of the population: the mean difference over many patients, and the odds
ratio that the model has there (with a spread between centres it lies nearer to 1 than the ratio
within a centre).
"""

import argparse
import math
from typing import NamedTuple

import numpy as np

from popmargin.core.random_streams import random_stream
from popmargin.outcomes.simulated_outcomes import simulate_outcome_cohort
from popmargin.statistics.regression import fit_cox, fit_logistic
from popmargin.statistics.weighting import weighted_comparison

LOG_ODDS_RATIO = -0.5
TRUTH_PATIENTS = 400_000
Z = 1.959964


class Design(NamedTuple):
    """One design; centres of 1 are no clusters."""

    patients: int
    confounding: float
    centres: int = 1
    centre_sd: float = 0.0


def one_cohort(design: Design, truth: tuple[float, float], rng: np.random.Generator) -> list[float]:
    """Naive and weighted bias, and whether each interval holds the truth."""
    cohort, _ = simulate_outcome_cohort(
        design.patients,
        rng=rng,
        log_odds_ratio=LOG_ODDS_RATIO,
        confounding=design.confounding,
        centres=design.centres,
        centre_sd=design.centre_sd,
    )
    event = cohort["event"].to_numpy()
    group = (cohort["igrt_protocol"] == "daily").to_numpy().astype(float)
    covariates = cohort.select("frailty", "age").to_numpy()
    clusters = cohort["centre"].to_numpy() if design.centres > 1 else None
    risks = [float(event[group == label].mean()) for label in (1.0, 0.0)]
    sizes = [int((group == label).sum()) for label in (1.0, 0.0)]
    naive = risks[0] - risks[1]
    error = math.sqrt(sum(p * (1 - p) / n for p, n in zip(risks, sizes, strict=True)))
    weighted = weighted_comparison(event, group, covariates, clusters=clusters)
    design_matrix = np.column_stack([group, covariates])
    odds = fit_logistic(design_matrix, event, clusters=clusters)
    return [
        naive - truth[0],
        weighted.difference - truth[0],
        abs(naive - truth[0]) <= Z * error,
        weighted.difference_low <= truth[0] <= weighted.difference_high,
        odds.low[0] <= truth[1] <= odds.high[0],
    ]


def cox_holds(patients: int, rng: np.random.Generator) -> bool:
    """Whether the adjusted hazard ratio's interval holds the truth (proportional hazards)."""
    frailty = rng.standard_normal(patients)
    group = (rng.random(patients) < 1 / (1 + np.exp(-frailty))).astype(float)
    rate = 0.02 * np.exp(0.8 * frailty + LOG_ODDS_RATIO * group)
    time, end = rng.exponential(1 / rate), rng.uniform(10, 60, patients)
    fit = fit_cox(np.column_stack([group, frailty]), np.minimum(time, end), (time <= end) * 1)
    return bool(fit.low[0] <= LOG_ODDS_RATIO <= fit.high[0])


def summary(design: Design, cohorts: int) -> list[float]:
    """Means over cohorts of `one_cohort`."""
    stream = random_stream(1, "outcome coverage", *map(str, design))
    everybody, difference = simulate_outcome_cohort(
        TRUTH_PATIENTS,
        rng=stream,
        log_odds_ratio=LOG_ODDS_RATIO,
        confounding=design.confounding,
        centres=max(design.centres, 1) if design.centre_sd == 0 else TRUTH_PATIENTS // 10,
        centre_sd=design.centre_sd,
    )
    columns = np.column_stack(
        [everybody["igrt_protocol"] == "daily", everybody["frailty"], everybody["age"]]
    ).astype(float)
    ratio = float(fit_logistic(columns, everybody["event"].to_numpy()).coefficients[0])
    truth = difference, ratio
    return np.mean([one_cohort(design, truth, stream) for _ in range(cohorts)], axis=0).tolist()


def main() -> None:
    """Run every design and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cohorts", type=int, default=2_000)
    options = parser.parse_args()
    print(
        "| patients | confounding | centres | SD of centres | bias naive | bias weighted ", end=""
    )
    print("| naive, % | weighted, % | odds ratio, % | hazard ratio, % |")
    print("|" + "---|" * 10)
    for design in (
        Design(300, 0.0),
        Design(300, 1.0),
        Design(1000, 1.0),
        Design(1000, 1.0, centres=20),
        Design(1000, 1.0, centres=8, centre_sd=0.5),
        Design(1000, 1.0, centres=12, centre_sd=0.5),
        Design(1000, 1.0, centres=20, centre_sd=0.5),
        Design(1000, 1.0, centres=40, centre_sd=0.5),
    ):
        found = summary(design, options.cohorts)
        rng = random_stream(1, "cox coverage", design.patients)
        cox = np.mean([cox_holds(design.patients, rng) for _ in range(options.cohorts)])
        print(
            f"| {design.patients} | {design.confounding:g} | {design.centres} "
            f"| {design.centre_sd:g} | {found[0]:+.3f} | {found[1]:+.3f} | "
            + " | ".join(f"{100 * value:.1f}" for value in [*found[2:], cox])
            + " |",
            flush=True,
        )


if __name__ == "__main__":
    main()
