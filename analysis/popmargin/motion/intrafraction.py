"""Intra-fraction motion of a population: drift, random walk, fidgets, and what it adds to errors.

Model per axis: over a time t since the first image of a fraction a patient's position changes by
v t + w(t), v the patient's own drift per minute and w a random walk whose variance grows by D a
minute; matching adds twice its own variance to any difference. The mean position during the beam
is taken as half way between the images before and after it (steady motion), so half of what is
seen at the end joins the systematic and the random error.

Assumptions: patients are independent; one fraction does not remember another. Limits: with two
images a fraction, always as far apart in time, D cannot be told from the error of matching unless
that is stated; breathing is no walk (see `popmargin.motion.breathing`); what happens between two
images and goes back is not seen.
"""

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import stdtrit

from popmargin.core.axes import TRANSLATIONS, axis_column
from popmargin.core.exceptions import NotEstimable
from popmargin.core.flags import Flag
from popmargin.statistics.growth import VarianceGrowth, variance_growth
from popmargin.statistics.one_way import OneWayData
from popmargin.statistics.two_levels import estimate_two_levels

FloatArray = NDArray[np.float64]
# ASSUME a step beyond four robust SDs is a fidget: chance makes 6 of 100,000 of them.
FIDGET_SDS: Final = 4.0
_PATIENT: Final = ("patient_id", "course", "plan")


def estimate_intrafraction_motion(
    moves: pl.DataFrame,
    *,
    match_sd_mm: float | None = None,
    confidence_level: float = 0.95,
    seed: int = 1,
) -> tuple[list[dict[str, Any]], list[Flag]]:
    """Rows of contract ``intrafraction_motion``, one per group, surrogate and axis, and flags.

    Parameters
    ----------
    moves : of `popmargin.motion.moves.moves_within_fractions`.
    match_sd_mm : SD of one image match an axis in mm, >= 0; estimated where the intervals differ
        in length and it is None.
    confidence_level, seed : of the intervals.

    Returns
    -------
    list of dict, list of Flag
        ``group_mean_mm``, ``systematic_sd_mm``, ``random_sd_mm`` are those of the displacement at
        the end of a fraction; ``beam_*`` what half of it adds; ``*_share`` that part of the
        variance of start and motion together; ``drift_mm_per_min`` the population's mean rate;
        ``walk_mm2_per_min`` is D. What is not estimable is None, with the reason.

    Examples
    --------
    >>> from popmargin.motion.moves import moves_within_fractions
    >>> estimate_intrafraction_motion(moves_within_fractions(pl.DataFrame({
    ...     "group": "all", "patient_id": "p", "fraction": [1], "timing": ["before_correction"],
    ...     "lr_mm": [0.0], "si_mm": [1.0], "ap_mm": [0.0],
    ... })))
    ([], [])
    """
    rows: list[dict[str, Any]] = []
    flags: list[Flag] = []
    parts = moves.partition_by(["group", "surrogate"], as_dict=True, maintain_order=True)
    for (group, surrogate), part in parts.items():
        for axis in TRANSLATIONS:
            head = {"group": group, "surrogate": surrogate, "axis": axis}
            row = _row(part, axis, match_sd_mm, confidence_level, seed)
            rows.append({**head, **row, "confidence_level": confidence_level})
            if row["reason"]:
                place = f"{group}, {surrogate}, {axis}"
                flags.append(Flag("not_estimable", "info", f"{place}: {row['reason']}"))
    return rows, flags


def _row(
    part: pl.DataFrame, axis: str, match_sd_mm: float | None, level: float, seed: int
) -> dict[str, Any]:
    column = axis_column(axis)
    ends = part.filter("last").drop_nulls(f"moved_{column}")
    steps = part.drop_nulls([f"step_{column}", "step_minutes"]).filter(pl.col("step_minutes") > 0)
    row: dict[str, Any] = {
        "n_patients": ends["patient_id"].n_unique(),
        "n_fractions": ends.height,
        "n_intervals": steps.height,
        "minutes_mean": ends["minutes"].mean(),
        "minutes_longest": ends["minutes"].max(),
    }
    reasons: list[str] = []
    if ends.is_empty():
        two = estimate_two_levels(OneWayData.from_values([0.0], ["none"]), level=level)
        nothing = dict.fromkeys(two.row("_mm")) | dict.fromkeys(_BEAM)
        row |= nothing
        reasons.append("no fraction has two images")
    else:
        labels = _labels(ends)
        moved = ends[f"moved_{column}"].to_numpy()
        two = estimate_two_levels(OneWayData.from_values(moved, labels), level=level, seed=seed)
        reasons += [two.reason] if two.reason else []
        row |= two.row("_mm")
        row |= _beam(ends[f"start_{column}"].to_numpy(), moved, labels, level)
    row |= _rates(steps, column, match_sd_mm, level, reasons)
    return {**row, "reason": "; ".join(reasons) or None}


def _labels(frame: pl.DataFrame) -> NDArray[np.int64]:
    ranks = frame.select(pl.struct(_PATIENT).rank("dense").cast(pl.Int64)).to_series()
    return np.asarray(ranks.to_numpy())


_SHARES: Final = ("systematic", "random")
_BEAM: Final = tuple(f"{kind}_share{end}" for kind in _SHARES for end in ("", "_low", "_high"))


def _beam(
    start: FloatArray, moved: FloatArray, labels: NDArray[np.int64], level: float
) -> dict[str, float | None]:
    """Share of half the displacement in both variances, with a jackknife over patients."""
    there = np.isfinite(start)
    names, codes = np.unique(labels[there], return_inverse=True)
    if names.size < 3:
        return dict.fromkeys(_BEAM)
    n = np.bincount(codes).astype(np.float64)
    parts = []
    for values in (start[there], 0.5 * moved[there]):
        means = np.bincount(codes, values) / n
        squares = np.bincount(codes, (values - means[codes]) ** 2)
        parts.append((means, np.asarray(squares, dtype=np.float64)))
    everybody = np.ones(names.size, dtype=np.bool_)
    found = _shares(n, parts, everybody)
    without = [_shares(n, parts, np.arange(names.size) != left) for left in range(names.size)]
    row: dict[str, float | None] = {}
    t = float(stdtrit(names.size - 1, 0.5 * (1.0 + level)))
    for place, kind in enumerate(_SHARES):
        value = found[place]
        others = [v for share in without if (v := share[place]) is not None]
        if value is None or len(others) < names.size:
            row |= dict.fromkeys(n for n in _BEAM if n.startswith(kind))
            continue
        error = t * math.sqrt((names.size - 1) ** 2 / names.size * float(np.var(others, ddof=1)))
        row |= {
            f"{kind}_share": value,
            f"{kind}_share_low": max(0.0, value - error),
            f"{kind}_share_high": min(1.0, value + error),
        }
    return row


def _shares(
    n: FloatArray, parts: Sequence[tuple[FloatArray, FloatArray]], kept: NDArray[np.bool_]
) -> tuple[float | None, float | None]:
    """Share of the second part in the systematic and in the random variance of both."""
    between, within = [], []
    df = float((n[kept] - 1.0).sum())
    for means, squares in parts:
        noise = float(squares[kept].sum()) / df if df > 0.0 else None
        within.append(noise)
        spread = float(np.var(means[kept], ddof=1))
        harmonic = float((1.0 / n[kept]).mean())
        between.append(None if noise is None else max(0.0, spread - noise * harmonic))
    return _part(between), _part(within)


def _part(variances: Sequence[float | None]) -> float | None:
    first, second = variances
    if first is None or second is None or first + second <= 0.0:
        return None
    return second / (first + second)


def _rates(
    steps: pl.DataFrame, column: str, match_sd_mm: float | None, level: float, reasons: list[str]
) -> dict[str, Any]:
    """Drift, random walk and fidgets from the intervals with a known length."""
    names = ("drift", "drift_low", "drift_high")
    row: dict[str, Any] = {f"{name}_mm_per_min": None for name in names}
    row |= dict.fromkeys(("walk_mm2_per_min", "walk_low_mm2_per_min", "walk_high_mm2_per_min"))
    row |= {"match_sd_mm": match_sd_mm, "match_sd_given": "no" if match_sd_mm is None else "yes"}
    row |= {"n_fidgets": None, "fidget_size_mm": None}
    if steps.is_empty():
        reasons.append("drift and random walk: no images with a time (acquired_at)")
        return row
    labels, moved = _labels(steps), steps[f"step_{column}"].to_numpy()
    tau = steps["step_minutes"].to_numpy()
    rates = _patient_rates(labels, moved, tau)
    if rates.size > 1:
        half = float(stdtrit(rates.size - 1, 0.5 * (1.0 + level)))
        half *= float(rates.std(ddof=1)) / math.sqrt(rates.size)
        drift = float(rates.mean())
        row |= dict(zip((f"{n}_mm_per_min" for n in names),
                        (drift, drift - half, drift + half), strict=True))  # fmt: skip
    else:
        reasons.append("drift: needs 2 patients, found 1")
    start = None if match_sd_mm is None else 2.0 * match_sd_mm**2
    try:
        walk = variance_growth(moved, tau, labels, start=start, level=level)
    except NotEstimable as error:
        reasons.append(str(error))
        return row
    return row | _walk(walk, moved, tau)


def _patient_rates(labels: NDArray[np.int64], moved: FloatArray, tau: FloatArray) -> FloatArray:
    total = np.bincount(labels, tau)
    there = total > 0.0
    return np.asarray(np.bincount(labels, moved)[there] / total[there])


def _walk(walk: VarianceGrowth, moved: FloatArray, tau: FloatArray) -> dict[str, Any]:
    expected = np.sqrt(np.maximum(walk.start + max(walk.rate, 0.0) * tau, 1e-9))
    relative = (moved - np.median(moved)) / expected
    # 1.4826: the MAD of a normal sample times this is its SD; fidgets must not hide themselves.
    scale = 1.4826 * float(np.median(np.abs(relative)))
    far = np.abs(relative) > FIDGET_SDS * scale if scale > 0.0 else np.zeros(0, dtype=np.bool_)
    size = float(np.median(np.abs(moved[far]))) if far.any() else None
    row: dict[str, Any] = {
        "walk_mm2_per_min": max(0.0, walk.rate),
        "walk_low_mm2_per_min": max(0.0, walk.rate_low),
        "walk_high_mm2_per_min": max(0.0, walk.rate_high),
        "n_fidgets": int(np.count_nonzero(far)),
        "fidget_size_mm": size,
    }
    if not walk.start_given:
        row["match_sd_mm"] = math.sqrt(max(0.0, walk.start) / 2.0)
    return row
