"""Steps in single courses (an atelectasis that opens), and when they would have been noticed.

What the population does on average is taken out first; what is left of each patient is watched for
two things. A *step*: the patient's own rate is allowed for as far as his values tell it from the
common one, and a step is what is left beside it. An *unusual rate*: the slope so far is further
from the common one than chance and the spread of rates between patients explain. Looking back,
steps are found by binary segmentation (ruptures, Truong et al., Signal Process 2020;167:107299)
about the patient's own line, with a penalty that chance exceeds in the stated share of courses.
Looking forward, an alarm is raised at the first value at which the statistic of
`popmargin.statistics.change_detection` exceeds its threshold for that share, for steps and for
rates each; the delay is the number of fractions from the step to the alarm.

Assumptions: the noise about the patients' lines is one SD for all and independent; rates are
normal; both SDs are robust ones (medians), so that few steps do not hide themselves. Limits: the
more the rates differ, the later a step is told from one: ``detection_delay`` says what size of
change is seen, and when. Courses of fewer than six values are not watched.
"""

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from popmargin.anatomy.series import Series
from popmargin.anatomy.trajectories import followed_values, series_columns
from popmargin.core.exceptions import NotEstimable
from popmargin.core.flags import Flag
from popmargin.statistics.change_detection import (
    alarm_threshold,
    likelihood_ratio_path,
    rate_path,
    rate_threshold,
)
from popmargin.statistics.random_slopes import RandomSlopes, random_slopes

FloatArray = NDArray[np.float64]
FEWEST: Final = 6


def find_steps(
    found: Sequence[Series], *, false_alarms: float = 0.05, seed: int = 1
) -> tuple[list[dict[str, Any]], list[Flag]]:
    """Rows of contract ``anatomy_steps`` (one a patient and series with a step or an alarm).

    Parameters
    ----------
    found : of `popmargin.anatomy.series.series_of`.
    false_alarms : share of unchanged courses that may raise an alarm of a step, and again of a
        rate, in (0, 1).
    seed : of the thresholds.

    Examples
    --------
    >>> import polars as pl
    >>> from popmargin.anatomy.series import series_of
    >>> rng = np.random.default_rng(1)
    >>> table = pl.DataFrame([
    ...     {"patient_id": f"p{p}", "course": "1", "fraction": f, "structure": "lung", "side": "",
    ...      "quantity": "water_equivalent_depth", "unit": "mm",
    ...      "value": 90 + rng.normal() - 9.0 * (p == 3 and f > 12)}
    ...     for p in range(8) for f in range(1, 26)])
    >>> rows, flags = find_steps(series_of(table)[0])
    >>> [(r["patient_id"], r["step_fraction"], r["kind"], r["alarm_fraction"]) for r in rows]
    [('p3', 13, 'step', 13)]
    """
    rows: list[dict[str, Any]] = []
    flags: list[Flag] = []
    for series in found:
        x, y, labels = followed_values(series)
        try:
            fit = random_slopes(x, y, labels, seed=seed)
        except NotEstimable as error:
            flags.append(Flag("not_estimable", "info", f"{series.name}, steps: {error}"))
            continue
        noise = _noise(x, y, labels)
        if noise <= 0.0:
            continue
        common = float(np.median(fit.own_slopes))
        rate_sd = _rate_sd(x, labels, fit, noise) / noise
        short = 0
        for label in np.unique(labels):
            mine = labels == label
            if np.count_nonzero(mine) < FEWEST:
                short += 1
                continue
            left = (y[mine] - common * x[mine]) / noise
            row = _watch(x[mine], left, rate_sd, false_alarms, seed)
            if row is not None:
                patient, course = str(label).split("\x1f")
                size = row.pop("size_sd")
                unit = "%" if series.relative else series.key[3]
                head = {**series_columns(series), "patient_id": patient, "course": course}
                step = None if size is None else size * noise
                rows.append({**head, **row, "size": step, "size_unit": unit, "size_sd": size})
        if short:
            message = (
                f"{series.name}: {short} courses of fewer than {FEWEST} values are not watched"
            )
            flags.append(Flag("too_short_to_watch", "info", message, patients=short))
    return rows, flags


def _noise(x: FloatArray, y: FloatArray, labels: NDArray[np.str_]) -> float:
    """SD of one value from differences of neighbours: steps and trends hardly reach it."""
    order = np.lexsort((x, labels))
    step = np.diff(y[order])[labels[order][1:] == labels[order][:-1]]
    if not step.size:
        return 0.0
    # 1.4826: MAD to SD; a difference has twice the variance of a value.
    return float(1.4826 * np.median(np.abs(step - np.median(step))) / np.sqrt(2.0))


def _rate_sd(x: FloatArray, labels: NDArray[np.str_], fit: RandomSlopes, noise: float) -> float:
    """SD of the patients' rates from the median of their distances: steps hardly reach it."""
    codes = np.searchsorted(fit.labels, labels)
    known = fit.labels[np.minimum(codes, fit.labels.size - 1)] == labels
    n = np.bincount(codes[known])
    mean = np.bincount(codes[known], x[known]) / n
    sxx = np.bincount(codes[known], (x[known] - mean[codes[known]]) ** 2)
    away = np.abs(fit.own_slopes - np.median(fit.own_slopes))
    spread = 1.4826 * float(np.median(away))
    return math.sqrt(max(0.0, spread**2 - noise**2 / float(np.median(sxx))))


def _watch(
    x: FloatArray, left: FloatArray, rate_sd: float, false_alarms: float, seed: int
) -> dict[str, Any] | None:
    import ruptures

    # Thresholds are those of evenly spaced values with the same mean distance.
    per_value = _rounded(rate_sd * float(x[-1] - x[0]) / (x.size - 1))
    threshold = alarm_threshold(left.size, false_alarms, rate_sd=per_value, seed=seed)
    path = likelihood_ratio_path(left[None, :], x=x, rate_sd=rate_sd)[0]
    alarms = np.flatnonzero(path > threshold)
    limit = rate_threshold(left.size, false_alarms, rate_sd=per_value, seed=seed)
    rates = np.flatnonzero(rate_path(left[None, :], x=x, rate_sd=rate_sd)[0] > limit)
    about = left - _own_line(x, left, rate_sd, threshold)
    # The gain of a split in the sum of squares is the squared statistic.
    model = ruptures.Binseg(model="l2", min_size=2, jump=1).fit(about[:, None])
    places = [p for p in model.predict(pen=threshold**2) if p < left.size]
    if not places and not alarms.size and not rates.size:
        return None
    place = max(places, key=lambda p: abs(about[p:].mean() - about[:p].mean())) if places else None
    size = None if place is None else float(about[place:].mean() - about[:place].mean())
    alarm = int(x[alarms[0]]) if alarms.size else None
    step = None if place is None else int(x[place])
    return {
        "warning": _warning(bool(alarms.size), bool(rates.size)),
        "step_fraction": step,
        "n_steps": len(places),
        "size_sd": size,
        "kind": None if place is None else _kind(x, left, place),
        "alarm_fraction": alarm,
        "rate_alarm_fraction": int(x[rates[0]]) if rates.size else None,
        "delay_fractions": alarm - step
        if alarm is not None and step is not None and alarm >= step
        else None,
    }


def _warning(step: bool, rate: bool) -> str:
    """What was raised looking forward, in words."""
    if step and rate:
        return "step and unusual rate"
    return "step" if step else "unusual rate" if rate else "none"


def _rounded(rate_sd: float) -> float:
    """To half octaves, so that courses of much the same design share one threshold."""
    return 0.0 if rate_sd < 0.01 else float(2.0 ** (round(2.0 * math.log2(rate_sd)) / 2.0))


def _own_line(x: FloatArray, left: FloatArray, rate_sd: float, threshold: float) -> FloatArray:
    """The patient's own rate, shrunk to the common one, beside the likeliest step."""
    places = range(2, x.size - 1)
    gains = [_rate_and_gain(x, left, rate_sd, place) for place in places]
    rate, gain = max(gains, key=lambda found: found[1], default=(0.0, 0.0))
    if gain <= threshold**2:
        rate = _rate_and_gain(x, left, rate_sd, None)[0]
    return np.asarray(rate * (x - x.mean()))


def _rate_and_gain(
    x: FloatArray, left: FloatArray, rate_sd: float, place: int | None
) -> tuple[float, float]:
    """Shrunken rate with a step at ``place``, and the squared statistic of that step."""
    if rate_sd <= 0.0:
        return 0.0, 0.0
    xc, yc = x - x.mean(), left - left.mean()
    prior = 1.0 / rate_sd**2
    if place is None:
        return float(xc @ yc / (xc @ xc + prior)), 0.0
    step = np.where(np.arange(x.size) >= place, 1.0, 0.0)
    step -= step.mean()
    shrink = 1.0 / (xc @ xc + prior)
    size = step @ step - shrink * (step @ xc) ** 2
    moved = step @ yc - shrink * (step @ xc) * (xc @ yc)
    rate = shrink * float(xc @ yc - (xc @ step) * moved / size)
    return rate, float(moved**2 / size)


def _kind(x: FloatArray, left: FloatArray, place: int) -> str:
    """Whether a step or a line leaves the smaller sum of squares."""
    stepped = left.copy()
    stepped[:place] -= left[:place].mean()
    stepped[place:] -= left[place:].mean()
    line = np.polynomial.Polynomial.fit(x, left, 1)
    return "step" if float(stepped @ stepped) < float(((left - line(x)) ** 2).sum()) else "trend"
