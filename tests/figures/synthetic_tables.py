"""Small synthetic result tables with a known shape, for tests of figures and reports.

The intervals are rough (scaled chi-square limits): pictures and pages only need their place.
"""

import functools

import numpy as np
import polars as pl

from popmargin.errors.distribution import describe_distribution
from popmargin.errors.trend import estimate_fraction_trend
from popmargin.errors.vector_length import estimate_vector_lengths
from tests.figures.burden_tables import burden_tables
from tests.figures.comparison_tables import comparison_tables
from tests.figures.coverage_tables import coverage_tables
from tests.figures.replay_tables import replay_tables
from tests.figures.synthetic_anatomy import change_tables
from tests.figures.synthetic_centres import centre_tables
from tests.figures.synthetic_motion import motion_tables
from tests.figures.synthetic_outcomes import (
    chain_tables,
    dose_tables,
    observed_tables,
    trial_tables,
)

AXES = ("lr", "si", "ap")
COHORTS = {  # patients, fractions, systematic SD and random SD (mm) per axis
    "prostate (synthetic)": (23, 35, (2.0, 2.7, 2.8), (2.9, 3.9, 3.4)),
    "head and neck (synthetic)": (30, 30, (1.3, 1.1, 1.4), (1.2, 1.3, 1.5)),
    "lung (synthetic)": (16, 25, (1.9, 2.6, 2.4), (2.0, 3.0, 2.6)),
    "brain (synthetic)": (41, 30, (0.5, 0.8, 0.6), (0.9, 1.1, 0.8)),
    "liver (synthetic)": (9, 6, (2.2, 4.1, 2.5), (1.8, 3.2, 2.2)),
}
COVERS = "set-up error before correction only"
HOSTILE = [
    "$x$ \\frac{1}{2} ^_{}%",
    "<script>alert('figure')</script>",
    "line one\nline two\ttab",
    "\u202eright-to-left \u0645\u062b\u0627\u0646\u0629 \u05e2\u05e8\u05de\u05d5\u05e0\u05d9\u05ea",
    "=cmd|' /C calc'!A0",
    "very long label " * 40 + "(synthetic)",
    "\u524d\u7acb\u817a \U0001f600",
    "{{ 7 * 7 }} ]]> --> </svg>",
]


@functools.cache
def synthetic_shifts(names: tuple[str, ...] = tuple(COHORTS)) -> pl.DataFrame:
    """Selected shifts in canonical form with a ``group`` and a ``site`` column."""
    frames = []
    for i, name in enumerate(names):
        patients, fractions, between, within = COHORTS.get(name, list(COHORTS.values())[i % 5])
        generator = np.random.default_rng(100 + i)
        size = (patients, fractions, 3)
        drift = np.linspace(0, 1.0 if i == 0 else 0.0, fractions)[None, :, None]
        errors = (
            generator.normal(0, between, (patients, 1, 3))
            + generator.normal(0, within, size)
            + [0.3, -0.6, 0.9]
            + drift
        ).round(1)
        frames.append(
            pl.DataFrame(
                {
                    "site": name,
                    "group": name,
                    "patient_id": np.repeat([f"s{i}p{k:03d}" for k in range(patients)], fractions),
                    "course": "1",
                    "plan": "1",
                    "fraction": np.tile(np.arange(1, fractions + 1), patients),
                    **{f"{a}_mm": errors[:, :, j].ravel() for j, a in enumerate(AXES)},
                }
            )
        )
    return pl.concat(frames)


def summaries_of(shifts: pl.DataFrame) -> pl.DataFrame:
    keys = ["site", "group", "patient_id", "course", "plan"]
    return (
        shifts.rename({f"{a}_mm": a for a in AXES})
        .unpivot(on=AXES, index=[*keys, "fraction"], variable_name="axis")
        .group_by([*keys, "axis"], maintain_order=True)
        .agg(
            pl.len().alias("n_fractions"),
            pl.col("value").mean().alias("mean"),
            pl.col("value").std().alias("sd"),
            (pl.col("value").var() * (pl.len() - 1)).alias("sum_of_squares"),
        )
    )


def errors_of(summaries: pl.DataFrame) -> pl.DataFrame:
    rows = []
    for (site, group, axis), part in summaries.group_by(
        "site", "group", "axis", maintain_order=True
    ):
        p, n = part.height, int(part["n_fractions"][0])
        within = float(np.sqrt((part["sd"] ** 2).mean()))
        conventional = float(part["mean"].std())
        untruncated = conventional**2 - within**2 / n
        for estimator, spread in (
            ("anova", float(np.sqrt(max(untruncated, 0)))),
            ("conventional", conventional),
        ):
            m, half = float(part["mean"].mean()), 2.1 * conventional / p**0.5
            rows.append(
                {
                    "site": site, "group": group, "axis": axis, "n_patients": p, "n_units": p,
                    "n_fractions": p * n, "estimator": estimator,
                    "group_mean_mm": m,
                    "group_mean_low_mm": m - half,
                    "group_mean_high_mm": m + half,
                    "systematic_sd_mm": spread,
                    "systematic_sd_low_mm": spread * (1 - 1.4 / p**0.5),
                    "systematic_sd_high_mm": spread * (1 + 2 / p**0.5),
                    "systematic_sd_upper_mm": spread * (1 + 1.6 / p**0.5),
                    "random_sd_mm": within,
                    "random_sd_low_mm": within * (1 - 1.4 / (p * n) ** 0.5),
                    "random_sd_high_mm": within * (1 + 1.6 / (p * n) ** 0.5),
                    "random_sd_upper_mm": within * (1 + 1.3 / (p * n) ** 0.5),
                    "systematic_variance_untruncated_mm2": untruncated,
                    "confidence_level": 0.95, "reason": None,
                }
            )  # fmt: skip
    return pl.DataFrame(rows, schema_overrides={"reason": pl.String})


RECIPES = {
    "van_herk": lambda b, s: 2.5003 * b + 1.6449 * (np.sqrt(s**2 + 3.2**2) - 3.2),
    "van_herk_linear": lambda b, s: 2.5 * b + 0.7 * s,
    "stroom": lambda b, s: 2.0 * b + 0.7 * s,
    "parker": lambda b, s: b + np.hypot(b, s),
    "icru62": np.hypot,
}


def margins_of(errors: pl.DataFrame) -> pl.DataFrame:
    shared = [c for c in errors.columns if not c.startswith(("group_mean", "systematic_variance"))]
    base = errors.filter(estimator="anova").select(shared)
    frames = []
    for recipe, formula in RECIPES.items():
        values = {
            f"margin{k}_mm": formula(
                base[f"systematic_sd{k}_mm"].to_numpy(), base[f"random_sd{k}_mm"].to_numpy()
            )
            for k in ("", "_low", "_high", "_upper")
        }
        frames.append(
            base.with_columns(
                recipe=pl.lit(recipe),
                covers=pl.lit(COVERS),
                called=pl.lit("margin for the listed errors"),
                data_margin_mm=pl.Series(values["margin_mm"]),
                budget_systematic_sd_mm=pl.col("systematic_sd_mm"),
                budget_random_sd_mm=pl.col("random_sd_mm"),
                budget_offset_mm=pl.lit(0.0),
                fractions=pl.lit(None, dtype=pl.Int64),
                **{k: pl.Series(v) for k, v in values.items()},
            )
        )
    return pl.concat(frames)


def correlations_of(summaries: pl.DataFrame, errors: pl.DataFrame) -> pl.DataFrame:
    rows = []
    for group in summaries["group"].unique(maintain_order=True):
        wide = [summaries.filter(group=group, axis=a)["mean"].to_numpy() for a in AXES]
        sigma = dict(
            errors.filter(group=group, estimator="anova").select("axis", "random_sd_mm").iter_rows()
        )
        between = np.cov(wide)
        for level in ("systematic", "random"):
            for i, a in enumerate(AXES):
                for j, b in enumerate(AXES[i:], i):
                    r = 0.25 if i != j else 1.0
                    covariance = between[i, j] if level == "systematic" else r * sigma[a] * sigma[b]
                    rho = between[i, j] / np.sqrt(between[i, i] * between[j, j])
                    rows.append(
                        {
                            "group": group, "level": level, "axis_1": a, "axis_2": b,
                            "covariance_mm2": float(covariance),
                            "correlation": float(rho) if level == "systematic" else r,
                            "correlation_low": None if i == j else float(max(rho - 0.4, -1)),
                            "correlation_high": None if i == j else float(min(rho + 0.4, 1)),
                            "confidence_level": 0.95, "reason": None,
                        }
                    )  # fmt: skip
    return pl.DataFrame(rows, schema_overrides={"reason": pl.String})


def literature() -> pl.DataFrame:
    """Made-up published rows in the shape of the literature comparison."""
    generator = np.random.default_rng(7)
    rows = []
    for site in ("prostate", "head and neck", "lung", "brain"):
        for k in range(6):
            for axis in AXES:
                between, within = generator.uniform(0.6, 3.2), generator.uniform(0.8, 3.5)
                recomputed = round(2.5 * between + 0.7 * within, 1)
                stated = recomputed + (0.9 if k == 2 and axis == "ap" else 0.0)
                rows.append(
                    {
                        "paper": f"Author{k} {2003 + 3 * k} (made up)", "site": site,
                        "quantity": "setup error",
                        "correction_state": "no correction" if k % 2 else "weekly images",
                        "axis": {"si": "CC"}.get(axis, axis.upper()), "unit": "mm",
                        "n_patients": 10 + 7 * k if k != 4 else None,
                        "group_mean_mm": generator.normal(0, 0.7) if k != 3 else None,
                        "systematic_sd_mm": between, "random_sd_mm": within if k != 5 else None,
                        "margin_stated_mm": stated if k < 4 else None,
                        "margin_recomputed_mm": recomputed,
                        "reproduces": stated == recomputed if k < 4 else None,
                        "reason": f"2.5 S + 0.7 s of the printed SDs gives {recomputed} mm",
                    }
                )  # fmt: skip
    return pl.DataFrame(rows)


@functools.cache
def result_tables(names: tuple[str, ...] = tuple(COHORTS)) -> dict[str, pl.DataFrame]:
    """Every result table that figures and the report read."""
    shifts = synthetic_shifts(names)
    summaries = summaries_of(shifts)
    errors = errors_of(summaries)
    margins = margins_of(errors)
    return {
        "unit_summaries": summaries,
        "population_errors": errors,
        "margins": margins,
        **coverage_tables(margins),
        **comparison_tables(names),
        **replay_tables(margins),
        "axis_correlations": correlations_of(summaries, errors),
        "error_distribution": describe_distribution(shifts),
        "fraction_trend": estimate_fraction_trend(shifts),
        "vector_lengths": estimate_vector_lengths(shifts),
        "literature": literature(),
        **chain_tables(),
        **observed_tables(),
        **dose_tables(),
        **trial_tables(coverage_tables(margins)["margin_coverage"]),
        **motion_tables(names),
        **change_tables(),
        **burden_tables(names),
        **centre_tables(),
    }
