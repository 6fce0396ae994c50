"""Steps in single courses (an atelectasis that opens), and when they would have been noticed.

What the population does on average is taken out first; what is left of each patient is watched.
Looking back, steps are found by binary segmentation (ruptures, Truong et al., Signal Process 2020;
167:107299) with a penalty that chance exceeds in the stated share of courses. Looking forward, an
alarm is raised at the first value at which the likelihood ratio of
`popmargin.statistics.change_detection` exceeds its threshold for that share; the delay is the
number of fractions from the step to the alarm.

Assumptions: the noise about the patients' lines is one SD for all, from the mixed model, and
independent. Limits: a patient whose rate differs from the population's looks like a late step: the
column ``kind`` says which of a step and a line fits better. Courses of fewer than six values are
not watched. ``detection_delay`` says what size of change the rule can see, and when.
"""

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
    detection_delay,
    likelihood_ratio_path,
)
from popmargin.statistics.random_slopes import random_slopes

FloatArray = NDArray[np.float64]
FEWEST: Final = 6
SIZES_SD: Final = (1.0, 1.5, 2.0, 3.0, 4.0)
TRENDS_SD: Final = (0.1, 0.2, 0.3, 0.5)


def find_steps(
    found: Sequence[Series], *, false_alarms: float = 0.05, seed: int = 1
) -> tuple[list[dict[str, Any]], list[Flag]]:
    """Rows of contract ``anatomy_steps`` (one a patient and series with a step or an alarm).

    Parameters
    ----------
    found : of `popmargin.anatomy.series.series_of`.
    false_alarms : share of unchanged courses that may raise an alarm, in (0, 1).
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
        short = 0
        for label in np.unique(labels):
            mine = labels == label
            if np.count_nonzero(mine) < FEWEST:
                short += 1
                continue
            left = (y[mine] - common * x[mine]) / noise
            row = _watch(x[mine], left, false_alarms, seed)
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


def _watch(
    x: FloatArray, left: FloatArray, false_alarms: float, seed: int
) -> dict[str, Any] | None:
    import ruptures

    threshold = alarm_threshold(left.size, false_alarms, seed=seed)
    path = likelihood_ratio_path(left[None, :])[0]
    alarms = np.flatnonzero(path > threshold)
    # The gain of a split in the sum of squares is the squared statistic.
    model = ruptures.Binseg(model="l2", min_size=2, jump=1).fit(left[:, None])
    places = [p for p in model.predict(pen=threshold**2) if p < left.size]
    if not places and not alarms.size:
        return None
    place = max(places, key=lambda p: abs(left[p:].mean() - left[:p].mean())) if places else None
    size = None if place is None else float(left[place:].mean() - left[:place].mean())
    alarm = int(x[alarms[0]]) if alarms.size else None
    step = None if place is None else int(x[place])
    late = alarm is not None and step is not None and alarm >= step
    return {
        "step_fraction": step,
        "n_steps": len(places),
        "size_sd": size,
        "kind": None if place is None else _kind(x, left, place),
        "alarm_fraction": alarm,
        "delay_fractions": alarm - step
        if late and alarm is not None and step is not None
        else None,
    }


def _kind(x: FloatArray, left: FloatArray, place: int) -> str:
    """Whether a step or a line leaves the smaller sum of squares."""
    stepped = left.copy()
    stepped[:place] -= left[:place].mean()
    stepped[place:] -= left[place:].mean()
    line = np.polynomial.Polynomial.fit(x, left, 1)
    return "step" if float(stepped @ stepped) < float(((left - line(x)) ** 2).sum()) else "trend"


def tabulate_detection(
    n: int, *, change_at: int = 11, courses: int = 2000, seed: int = 1
) -> list[dict[str, Any]]:
    """Rows of contract ``detection_delay``: the rule against the best possible.

    Parameters: ``n`` values of a course, ``change_at`` the first changed one; sizes are in SDs
    of the noise (of a trend: per value). At 1 % and 5 % false alarms a course.

    >>> rows = tabulate_detection(20, courses=200)
    >>> len(rows), rows[0]["method"], rows[0]["size_sd"]
    (36, 'rule', 1.0)
    """
    rows = []
    for false_alarms in (0.01, 0.05):
        for known in (False, True):
            for shape, sizes in (("step", SIZES_SD), ("trend", TRENDS_SD)):
                for size in sizes:
                    found = detection_delay(
                        n,
                        min(change_at, n),
                        size,
                        shape="step" if shape == "step" else "trend",
                        known=known,
                        false_alarms=false_alarms,
                        courses=courses,
                        seed=seed,
                    )
                    rows.append(
                        {
                            "change": shape,
                            "size_sd": size,
                            "false_alarms": false_alarms,
                            "method": "best possible" if known else "rule",
                            "n_values": n,
                            "change_at": min(change_at, n),
                            "detected": found.detected,
                            "detected_se": found.detected_error,
                            "delay": found.delay,
                            "delay_se": found.delay_error,
                            "false_alarms_seen": found.false_alarms,
                        }
                    )
    return rows
