"""Seconds of the outcome and trial stages.

``python benchmarks/outcome_speed.py`` prints a markdown table: simulated trials of 400 patients
with everything that goes wrong (binary and time to event), the chain from errors to response for
10,000 virtual patients, a fit of complication parameters, and a histogram from a dose grid; the
best of three runs each.
"""

import time
from collections.abc import Callable

import numpy as np

from popmargin.gather.dose_histogram import DoseGrid, dose_histogram
from popmargin.outcomes.chain import Arm, Situation, compare_arms
from popmargin.outcomes.complication import lkb_probability
from popmargin.outcomes.complication_sets import complication_set
from popmargin.outcomes.control_sets import control_set
from popmargin.outcomes.fit_ntcp import fit_lkb
from popmargin.outcomes.phantom import OrganPhantom, TargetPhantom
from popmargin.outcomes.residual_errors import ResidualErrors
from popmargin.trials.simulation import TrialPlan, simulate_trial
from popmargin.trials.time_to_event import SurvivalPlan, simulate_survival_trial

RUNS = 3


def binary() -> None:
    """1,000 trials of 400 patients in six centres, with crossing, loss and a look."""
    plan = TrialPlan(200, 0.05, 0.05, 0.05, 0.1, 0.5, 6, 0.3)
    simulate_trial(0.3, 0.2, plan, trials=1000, rng=np.random.default_rng(1))


def timed() -> None:
    """The same with a log-rank test of the time to the event."""
    plan = SurvivalPlan(
        200, 24, 36, events=200, loss_per_month=0.004, to_control=0.05, to_experimental=0.05,
        interim_share=0.5, centres=6, centre_sd=0.3,
    )  # fmt: skip
    simulate_survival_trial(0.02, 0.7, plan, trials=1000, rng=np.random.default_rng(1))


def chain() -> None:
    """Two margins for 10,000 virtual patients, TCP and NTCP with bands over draws of the errors."""
    rng = np.random.default_rng(1)
    draws = 2.0 * np.sqrt(rng.chisquare(20, (200, 3)) / 20)
    left = ResidualErrors("drawn", (2.0, 2.0, 2.0), (2.0, 2.0, 2.0), draws, draws)
    situation = Situation(
        TargetPhantom(30.0), OrganPhantom("rectum", "ap", "negative", 0.0, 30.0, 6.0), 78.0, 39,
        complication_set("rectum_quantec"), control_set("prostate_logistic"),
    )  # fmt: skip
    arms = [Arm("8 mm", left, (8.0, 8.0, 8.0)), Arm("5 mm", left, (5.0, 5.0, 5.0))]
    compare_arms(arms, situation, patients=10_000)


def fit() -> None:
    """Parameters of 300 patients with 100 bins each."""
    rng = np.random.default_rng(1)
    dose = np.linspace(0.5, 80, 100)
    histograms, events = {}, {}
    for number in range(300):
        weight = np.exp(-0.5 * ((dose - rng.uniform(20, 75)) / 12) ** 2)
        volume = weight / weight.sum()
        eud = float((volume @ dose**10) ** 0.1)
        histograms[str(number)] = dose, volume
        events[str(number)] = int(rng.random() < lkb_probability(eud, td50_gy=72, m=0.15))
    fit_lkb(histograms, events)


def histogram() -> None:
    """A structure of 170 cc on 20 slices in a grid of 200 x 150 x 80 voxels."""
    axes = [np.arange(count) * step - count * step / 2 for count, step in
            ((200, 2.5), (150, 2.5), (80, 3.0))]  # fmt: skip
    dose = np.random.default_rng(1).integers(0, 70_000, (80, 150, 200), dtype=np.uint32)
    turn = np.linspace(0, 2 * np.pi, 241)[:-1]
    circle = np.column_stack([30 * np.cos(turn), 30 * np.sin(turn), np.zeros(240)])
    contours = [circle + np.array([0.0, 0.0, z]) for z in np.arange(-28.5, 30, 3)]
    dose_histogram(contours, DoseGrid(dose, 1e-3, *axes))


def best(what: Callable[[], None]) -> float:
    """Shortest of some runs, seconds."""
    spent = []
    for _ in range(RUNS):
        start = time.perf_counter()
        what()
        spent.append(time.perf_counter() - start)
    return min(spent)


def main() -> None:
    """Time everything and print the table."""
    print("| what | seconds | to reach |")
    print("|---|---|---|")
    for name, what, limit in (
        ("1,000 trials of 400 patients, binary", binary, "20"),
        ("1,000 trials of 400 patients, time to event", timed, "20"),
        ("chain, 10,000 virtual patients, two margins", chain, "5"),
        ("complication parameters, 300 patients", fit, ""),
        ("histogram of one structure of 170 cc", histogram, ""),
    ):
        print(f"| {name} | {best(what):.2f} | {limit} |", flush=True)


if __name__ == "__main__":
    main()
