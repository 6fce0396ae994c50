"""Speed of REML and of the interval of a recipe against what people use, in one run.

``python benchmarks/reml_speed.py`` simulates 1,000 groups of 30 observations and prints the time
of each, its ratio to ours, and the difference of the estimates: statsmodels MixedLM, lme4 (where
``Rscript`` with lme4 is found), and a bootstrap that resamples the rows of a pandas frame group by
group (a few resamples, scaled to 2,000).
"""

import shutil
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

from popmargin.statistics.generalised_interval import generalised_draws
from popmargin.statistics.interval import interval_of
from popmargin.statistics.one_way import OneWayData
from popmargin.statistics.point_set import chi_square_points, unit_points
from popmargin.statistics.reml import reml_components

GROUPS, SIZE = 1000, 30
RESAMPLES, MEASURED_RESAMPLES = 2000, 3
R_PROGRAM = """
suppressPackageStartupMessages(library(lme4))
data <- read.csv("{path}")
fit <- function() lmer(value ~ 1 + (1 | group), data, REML = TRUE)
fit()
seconds <- sapply(1:5, function(i) system.time(fit())[["elapsed"]])
tight <- lmer(value ~ 1 + (1 | group), data, REML = TRUE, control = lmerControl(
  optimizer = "bobyqa", optCtrl = list(rhoend = 1e-12), calc.derivs = FALSE))
cat(median(seconds), sprintf("%.12f", attr(VarCorr(tight)$group, "stddev")), "\\n")
"""


def seconds(work, repeats: int = 20) -> float:
    """Median time of ``work``, after one call to warm up."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def statsmodels_reml(values, labels) -> tuple[float, float]:
    """Time of one MixedLM fit and its SD between groups."""
    from statsmodels.regression.mixed_linear_model import MixedLM

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.perf_counter()
        fit = MixedLM(values, np.ones((values.size, 1)), groups=labels).fit(reml=True)
        elapsed = time.perf_counter() - start
    return elapsed, float(fit.cov_re[0, 0]) ** 0.5


def lme4_reml(values, labels) -> tuple[float, float] | None:
    """Median time of lmer and the SD between groups of a tight fit; None without lme4."""
    program = shutil.which("Rscript")
    if program is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.csv"
        rows = np.column_stack([values, labels])
        np.savetxt(path, rows, delimiter=",", header="value,group", comments="", fmt="%.17g")
        done = subprocess.run(
            [program, "-e", R_PROGRAM.format(path=path)], capture_output=True, text=True
        )
    if done.returncode:
        return None
    elapsed, sd = map(float, done.stdout.split()[-2:])
    return elapsed, sd


def pandas_bootstrap(values, labels) -> float:
    """Time of 2,000 resamples of groups of a pandas frame, from a few of them."""
    import pandas as pd

    frame = pd.DataFrame({"value": values, "group": labels})
    rng = np.random.default_rng(1)
    by_group = dict(list(frame.groupby("group")))

    def once() -> float:
        picks = rng.integers(0, GROUPS, GROUPS)
        resampled = pd.concat([by_group[g].assign(group=k) for k, g in enumerate(picks)])
        groups = resampled.groupby("group")["value"]
        within = groups.var().mean()
        between = groups.mean().var() - within / SIZE
        return 2.5 * max(between, 0.0) ** 0.5 + 0.7 * within**0.5

    return seconds(once, MEASURED_RESAMPLES) * RESAMPLES


def recipe_interval(data: OneWayData, *, fresh: bool):
    """Interval of 2.5 Sigma + 0.7 sigma, with or without the cached chi-square points."""
    if fresh:
        unit_points.cache_clear()
        chi_square_points.cache_clear()
    draws = generalised_draws(data)
    return interval_of(2.5 * draws.between_sd + 0.7 * draws.within_sd)


def line(name: str, elapsed: float, base: float, note: str = "") -> None:
    """Print one row of the table."""
    print(f"| {name} | {1e3 * elapsed:,.3f} | {elapsed / base:,.1f} | {note} |")


def main() -> None:
    """Time everything and print the table."""
    rng = np.random.default_rng(1)
    labels = np.repeat(np.arange(GROUPS), SIZE)
    values = 2.0 * rng.normal(size=GROUPS)[labels] + 3.0 * rng.normal(size=labels.size)
    data = OneWayData.from_values(values, labels)
    summaries = (data.sizes, data.means, data.sums_of_squares)
    between = reml_components(data).between_sd

    print(f"REML, {GROUPS} groups of {SIZE}\n\n| what | ms | ratio | Sigma less ours |")
    print("|---|---|---|---|")
    base = seconds(lambda: reml_components(data))
    line("popmargin, from the table by size", base, base)
    built = seconds(lambda: reml_components(OneWayData.from_summaries(*summaries)))
    line("popmargin, from group summaries", built, base)
    line(
        "popmargin, from observations",
        seconds(lambda: reml_components(OneWayData.from_values(values, labels))),
        base,
    )
    for name, result in (
        ("lme4", lme4_reml(values, labels)),
        ("statsmodels MixedLM", statsmodels_reml(values, labels)),
    ):
        if result is None:
            print(f"| {name} | not installed | | |")
        else:
            line(name, result[0], base, f"{result[1] - between:+.1e}")

    unbalanced_sizes = rng.integers(1, 41, GROUPS)
    unbalanced = OneWayData.from_summaries(
        unbalanced_sizes,
        2.0 * rng.normal(size=GROUPS) + 3.0 * rng.normal(size=GROUPS) / unbalanced_sizes**0.5,
        np.where(
            unbalanced_sizes > 1, 9.0 * rng.chisquare(np.maximum(unbalanced_sizes - 1, 1)), 0.0
        ),
    )
    print(f"\nInterval of 2.5 Sigma + 0.7 sigma, {GROUPS} groups\n\n| what | ms | ratio | |")
    print("|---|---|---|---|")
    base = seconds(lambda: recipe_interval(data, fresh=True))
    line("generalised, 4,181 draws, first time", base, base, "balanced")
    line(
        "generalised, again", seconds(lambda: recipe_interval(data, fresh=False)), base, "balanced"
    )
    line(
        "generalised, first time",
        seconds(lambda: recipe_interval(unbalanced, fresh=True)),
        base,
        "sizes 1 to 40",
    )
    line("pandas bootstrap of the rows", pandas_bootstrap(values, labels), base, "2,000 resamples")


if __name__ == "__main__":
    main()
