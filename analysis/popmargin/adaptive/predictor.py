"""A learned predictor of who will cross a trigger later, against the simple rule and chance.

What is known by a fraction k (change so far, slope so far, value at planning) predicts whether the
trigger is crossed after k; patients who crossed by then are left out. A penalised logistic
regression (scikit-learn) is judged by nested cross-validation: its penalty is chosen inside each
training part, and patients of one centre stand on one side of a split wherever three centres are
there. The simple rule ranks patients by the change so far, and calls those whose slope so far
would cross by the last fraction; chance is the same labels shuffled.

Assumptions: later patients are like these. Limits: nothing learnt from fewer than 20 patients of
either kind is shown, because nothing can be (ten events a parameter is the usual least); what is
shown is the accuracy in patients like the logged ones, not a benefit. No value after k is used.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtri

from popmargin.adaptive.decision_curve import calibration_rows, decision_rows
from popmargin.adaptive.triggers import Trigger, changes_from_planning, crosses
from popmargin.anatomy.series import Series
from popmargin.core.checks import whole
from popmargin.core.exceptions import NotEstimable
from popmargin.core.random_streams import random_stream

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
FEWEST: Final = 20
PENALTIES: Final = (0.01, 0.1, 1.0, 10.0)
DECISIONS: Final = (0.1, 0.2, 0.3, 0.5)


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """One row a patient: ``features`` (n, 3) known by fraction k, ``crossed`` later, ``groups``.

    ``simply_called`` (n,): whom the simple rule calls by fraction k.
    """

    features: FloatArray
    crossed: BoolArray
    groups: NDArray[np.int64]
    n_left_out: int
    simply_called: BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """Rows of contracts ``predictor_performance``, ``..._calibration`` and ``decision_curve``."""

    performance: list[dict[str, Any]]
    calibration: list[dict[str, Any]]
    decisions: list[dict[str, Any]]


def examples_of(
    series: Series, trigger: Trigger, *, by_fraction: int, centres: dict[str, str] | None = None
) -> Examples:
    """What is known of each patient by a fraction, and whether the trigger is crossed later.

    Parameters
    ----------
    series, trigger : the trigger must fit the series.
    by_fraction : k, >= 1; nothing after it reaches the features.
    centres : patient -> centre, where known: patients of a centre are kept together.
    """
    whole("by_fraction", by_fraction)
    table = changes_from_planning(series, str(trigger["change"])).with_columns(
        crosses(str(trigger["direction"]), float(trigger["threshold"]))
    )
    first = dict(
        series.frame.group_by("patient_id")
        .agg(pl.col("value").sort_by("fraction").first())
        .iter_rows()
    )
    rows, labels, names, left_out = [], [], [], 0
    for (patient,), part in sorted(table.partition_by("patient_id", as_dict=True).items()):
        before = part.filter(pl.col("fraction") <= by_fraction).sort("fraction")
        after = part.filter(pl.col("fraction") > by_fraction)
        if before.is_empty() or after.is_empty() or before["crossed"].any():
            left_out += 1
            continue
        x, y = before["fraction"].to_numpy().astype(float), before["change"].to_numpy()
        # Through the planning value, which is no change by definition.
        rows.append([float(y[-1]), float(x @ y / (x @ x)), float(first[patient])])
        labels.append(bool(after["crossed"].any()))
        names.append((centres or {}).get(str(patient), str(patient)))
    # The slope so far carried on to the last fraction that anybody was seen at.
    last = int(table["fraction"].max() or 1)  # type: ignore[arg-type]  # whole numbers
    carried = pl.DataFrame(
        {"change": [row[1] * last for row in rows]}, schema={"change": pl.Float64}
    )
    called = carried.select(crosses(str(trigger["direction"]), float(trigger["threshold"])))
    known, codes = np.unique(np.asarray(names, dtype=str), return_inverse=True)
    grouped = codes if 3 <= known.size < len(names) else np.arange(len(names))
    return Examples(
        np.asarray(rows, dtype=np.float64).reshape(-1, 3),
        np.asarray(labels, dtype=np.bool_),
        np.asarray(grouped, dtype=np.int64),
        left_out,
        called.to_series().to_numpy(),
    )


def judge_predictor(
    examples: Examples, *, confidence_level: float = 0.95, seed: int = 1
) -> Judgement:
    """The learned predictor and the simple rule, with calibration and decision curve.

    Returns
    -------
    Judgement
        ``performance`` has one row a method: area under the curve with a jackknife interval, its
        gain over the simple rule likewise, that of shuffled labels (97.5th percentile), Brier
        score, calibration slope and intercept with intervals, net benefit at threshold risks 0.1,
        0.2, 0.3 and 0.5 against calling everybody. The simple rule has no probabilities, so no
        calibration.

    Raises
    ------
    NotEstimable
        Fewer than 20 patients who crossed later, or fewer than 20 who did not.
    """
    crossed = examples.crossed
    n, events = crossed.size, int(crossed.sum())
    if min(events, n - events) < FEWEST:
        raise NotEstimable(
            f"predictor: too few data to learn anything: {events} of {n} patients crossed later; "
            f"{FEWEST} of either kind are needed"
        )
    learned = _out_of_fold(examples, seed)
    # Sign by what the trigger looks for: the change so far, larger in its own direction.
    simple = examples.features[:, 0] * _direction(examples)
    shared = {"n_patients": n, "n_events": events, "n_left_out": examples.n_left_out}
    areas = {"learned": _left_out(learned, crossed), "simple rule": _left_out(simple, crossed)}
    gain = [a - b for a, b in zip(areas["learned"], areas["simple rule"], strict=True)]
    rows = []
    for name, score in (("learned", learned), ("simple rule", simple)):
        row: dict[str, Any] = {
            "method": name,
            **shared,
            "auc_of_chance": _chance(score, crossed, seed),
        }
        row |= _with_limits("auc", areas[name], confidence_level, (0.0, 1.0))
        if name == "learned":
            row |= _with_limits("auc_gain", gain, confidence_level, (-1.0, 1.0))
            row |= _probabilities(score, crossed, confidence_level)
        else:
            row |= dict.fromkeys(_CALIBRATED)
        rows.append({**row, "reason": None})
    return Judgement(
        rows,
        calibration_rows(learned, crossed, level=confidence_level),
        decision_rows(learned, examples.simply_called, crossed, level=confidence_level),
    )


_CALIBRATED: Final = (
    "auc_gain", "auc_gain_low", "auc_gain_high", "brier", "brier_of_prevalence",
    *(f"calibration_{n}{e}" for n in ("slope", "intercept") for e in ("", "_low", "_high")),
    *(f"net_benefit_{round(100 * d)}" for d in DECISIONS),
    *(f"net_benefit_all_{round(100 * d)}" for d in DECISIONS),
)  # fmt: skip


def _direction(examples: Examples) -> float:
    """Side of zero on which the trigger lies: that of most changes, known before any label."""
    return 1.0 if float(np.median(examples.features[:, 0])) >= 0.0 else -1.0


def _out_of_fold(examples: Examples, seed: int) -> FloatArray:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x, y, groups = examples.features, examples.crossed, examples.groups
    folds = min(5, np.unique(groups).size)
    found = np.zeros(y.size)
    outer = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    for train, test in outer.split(x, y, groups):
        inner = StratifiedGroupKFold(
            min(5, np.unique(groups[train]).size), shuffle=True, random_state=seed
        )
        search = GridSearchCV(
            make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
            {"logisticregression__C": PENALTIES},
            cv=list(inner.split(x[train], y[train], groups[train])),
            scoring="neg_log_loss",
        )
        search.fit(x[train], y[train])
        found[test] = search.predict_proba(x[test])[:, 1]
    return found


def area_under_curve(score: FloatArray, crossed: BoolArray) -> float:
    """Probability that who crossed has the higher score; ties count half.

    >>> area_under_curve(np.array([0.1, 0.4, 0.4, 0.9]), np.array([False, False, True, True]))
    0.875
    """
    from scipy.stats import rankdata

    ranks = rankdata(score)
    events = int(crossed.sum())
    others = crossed.size - events
    return float((ranks[crossed].sum() - events * (events + 1) / 2.0) / (events * others))


def _left_out(score: FloatArray, crossed: BoolArray) -> list[float]:
    """Area of everybody, and without each patient in turn."""
    everybody = np.arange(score.size)
    return [
        area_under_curve(score, crossed),
        *(area_under_curve(score[everybody != i], crossed[everybody != i]) for i in everybody),
    ]


def _with_limits(
    name: str, found: Sequence[float], level: float, bounds: tuple[float, float]
) -> dict[str, float]:
    value, without = found[0], np.asarray(found[1:])
    n = without.size
    error = math.sqrt((n - 1) / n * float(((without - without.mean()) ** 2).sum()))
    half = float(ndtri(0.5 * (1.0 + level))) * error
    return {
        name: value,
        f"{name}_low": max(bounds[0], value - half),
        f"{name}_high": min(bounds[1], value + half),
    }


def _chance(score: FloatArray, crossed: BoolArray, seed: int) -> float:
    rng = random_stream(seed, "judge_predictor", "chance")
    areas = [area_under_curve(score, rng.permutation(crossed)) for _ in range(200)]
    return float(np.quantile(areas, 0.975))


def _probabilities(p: FloatArray, crossed: BoolArray, level: float) -> dict[str, float]:
    """Brier score, logistic recalibration (Cox 1958) and net benefit (Vickers & Elkin 2006)."""
    y = crossed.astype(np.float64)
    odds = np.log(np.clip(p, 1e-6, 1 - 1e-6) / (1 - np.clip(p, 1e-6, 1 - 1e-6)))
    design = np.column_stack([np.ones(y.size), odds])
    beta = np.array([0.0, 1.0])
    for _ in range(25):
        fitted = 1.0 / (1.0 + np.exp(-np.clip(design @ beta, -30.0, 30.0)))
        weight = np.maximum(fitted * (1.0 - fitted), 1e-9)
        beta = (
            beta
            + np.linalg.lstsq(
                (design * weight[:, None]).T @ design, design.T @ (y - fitted), rcond=None
            )[0]
        )
    fitted = 1.0 / (1.0 + np.exp(-np.clip(design @ beta, -30.0, 30.0)))
    weight = np.maximum(fitted * (1.0 - fitted), 1e-9)
    errors = np.sqrt(np.diag(np.linalg.pinv((design * weight[:, None]).T @ design)))
    half = float(ndtri(0.5 * (1.0 + level))) * errors
    row = {
        "brier": float(((p - y) ** 2).mean()),
        "brier_of_prevalence": float(y.mean() * (1.0 - y.mean())),
    }
    for place, name in ((1, "slope"), (0, "intercept")):
        row |= {
            f"calibration_{name}": float(beta[place]),
            f"calibration_{name}_low": float(beta[place] - half[place]),
            f"calibration_{name}_high": float(beta[place] + half[place]),
        }
    for threshold in DECISIONS:
        odds_of = threshold / (1.0 - threshold)
        called = p >= threshold
        gain = float((called & crossed).mean() - odds_of * (called & ~crossed).mean())
        row[f"net_benefit_{round(100 * threshold)}"] = gain
        everybody = float(y.mean() - odds_of * (1.0 - y.mean()))
        row[f"net_benefit_all_{round(100 * threshold)}"] = everybody
    return row
