"""Organs that move as they or their neighbours fill: slope, treat-later rule, plan library.

Model: displacement of the organ relative to bone (rows ``displacement_lr|si|ap``) on the filling of
the same fraction (a diameter or volume of rectum or bladder), a line a patient with slopes that
differ (`popmargin.statistics.random_slopes`). The treat-later rule postpones a fraction whose
filling differs from the patient's filling at planning by more than a limit; the plan library has
plans at evenly spread quantiles of the filling and takes the nearest, moved by the slope that the
*other* patients show.

Assumptions: filling and displacement belong to one image; postponing returns the filling to what
the other fractions show. Limits: a relation is no cause; organs also deform, which no displacement
shows; patients without a planning value take their mean filling as the reference, and are counted.
Intervals of the rules are jackknives over patients: plans and slopes are taken as given.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from popmargin.anatomy.rule_yield import rule_yield
from popmargin.anatomy.series import Series
from popmargin.core.checks import positive, whole
from popmargin.core.exceptions import NotEstimable, PopmarginError
from popmargin.core.flags import Flag
from popmargin.statistics.one_way import OneWayData
from popmargin.statistics.random_slopes import random_slopes
from popmargin.statistics.two_levels import estimate_two_levels

FloatArray = NDArray[np.float64]
FILLING: Final = frozenset({"volume", "diameter"})
ORGANS: Final = frozenset({"rectum", "bladder", "stomach"})
LIMITS: Final = (0.25, 0.5)
LIBRARIES: Final = (2, 3, 5)
NO_FILLING: Final = "none measured"
# These postpone nothing, and doing nothing saves nothing: no chance is in it.
_NOTHING: Final = {f"postponed_share{end}": 0.0 for end in ("", "_low", "_high")}
_BY_DEFINITION: Final[dict[str, dict[str, float]]] = {
    "library": _NOTHING,
    "none": _NOTHING | {f"rms_saved{end}_mm": 0.0 for end in ("", "_low", "_high")},
}


def relate_to_filling(
    found: Sequence[Series],
    *,
    limits: Sequence[float] = LIMITS,
    plans: Sequence[int] = LIBRARIES,
    confidence_level: float = 0.95,
    seed: int = 1,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[Flag]]:
    """Rows of contracts ``organ_mobility`` and ``filling_rules``, and flags.

    Parameters
    ----------
    found : of `popmargin.anatomy.series.series_of`: displacements in mm, and volumes or diameters
        of rectum, bladder or stomach.
    limits : of the treat-later rule, as shares of the reference filling, > 0.
    plans : sizes of plan libraries, >= 2.
    confidence_level, seed : of the intervals.

    Returns
    -------
    mobility : one row a displacement and filling: M and both SDs of the displacement from bone,
        ``slope`` (mm per unit of filling), its SD between patients, ``explained`` (share of the
        variance within patients). A displacement without a filling has its errors and no slope.
    rules : what each treat-later limit (share of the reference filling) and size of library leaves
        as RMS displacement, the share of fractions postponed, and what it yields, with intervals.

    Raises
    ------
    OutOfRange
        A limit that is not above 0, or a library of fewer than two plans.

    Examples
    --------
    >>> relate_to_filling([])
    ([], [], [])
    """
    for limit in limits:
        positive("limits", limit)
    for size in plans:
        whole("plans", size, at_least=2)
    mobility: list[dict[str, Any]] = []
    rules: list[dict[str, Any]] = []
    flags: list[Flag] = []
    moving = [s for s in found if s.key[2].startswith("displacement_") and s.key[3] == "mm"]
    fillings = [s for s in found if s.key[0] in ORGANS and s.key[2] in FILLING]
    for organ in moving:
        moved = organ.frame.filter(pl.col("fraction") > 0)
        errors = _errors(moved, confidence_level, seed)
        related = False
        for filling in fillings:
            pairs = _pairs(organ, filling)
            if pairs.is_empty():
                continue
            related = True
            head = {
                "organ": organ.name,
                "filling": filling.name,
                "filling_unit": filling.key[3],
                "n_patients": pairs["patient_id"].n_unique(),
                "n_fractions": pairs.height,
            }
            row = _slope(pairs, confidence_level, seed)
            level = {"confidence_level": confidence_level}
            mobility.append({**head, **errors, **row, **level})
            if row["reason"]:
                place = f"{organ.name} on {filling.name}"
                flags.append(Flag("not_estimable", "info", f"{place}: {row['reason']}"))
                continue
            rules += [
                {**head, **rule, **level} for rule in _rules(pairs, limits, plans, confidence_level)
            ]
            without = pairs.filter(pl.col("reference").is_null())["patient_id"].n_unique()
            if without:
                message = f"{filling.name}: {without} patients have no planning value; their mean "
                flags.append(
                    Flag("no_planning_value", "info", message + "stands for it", patients=without)
                )
        if not related and not moved.is_empty():
            mobility.append(_alone(organ, moved) | errors | {"confidence_level": confidence_level})
    return mobility, rules, flags


def _errors(moved: pl.DataFrame, level: float, seed: int) -> dict[str, Any]:
    """M and both SDs of the displacement from bone, whatever the filling."""
    try:
        data = OneWayData.from_values(moved["value"].to_numpy(), _labels(moved))
    except PopmarginError:
        data = OneWayData.from_values([0.0], ["none"])
    return estimate_two_levels(data, level=level, seed=seed).row("_mm")


def _alone(organ: Series, moved: pl.DataFrame) -> dict[str, Any]:
    """The row of an organ beside which no filling was measured."""
    names = ("slope", "slope_sd", "residual_sd_mm")
    return {
        "organ": organ.name,
        "filling": NO_FILLING,
        "filling_unit": None,
        "n_patients": moved["patient_id"].n_unique(),
        "n_fractions": moved.height,
        **{f"{n}{end}": None for n in names for end in ("", "_low", "_high")},
        "explained": None,
        "reason": "slope: no filling of rectum, bladder or stomach was measured",
    }


def _pairs(organ: Series, filling: Series) -> pl.DataFrame:
    """Displacement ``y`` and filling ``x`` of the same fraction, and the planning filling."""
    key = ["patient_id", "course"]
    planned = filling.frame.filter(pl.col("fraction") == 0).select(*key, reference="value")
    return (
        organ.frame.filter(pl.col("fraction") > 0)
        .rename({"value": "y"})
        .join(filling.frame.rename({"value": "x"}), on=[*key, "fraction"])
        .join(planned, on=key, how="left", maintain_order="left")
        .sort(*key, "fraction")
    )


def _labels(rows: pl.DataFrame) -> NDArray[np.str_]:
    joined = rows.select(pl.concat_str("patient_id", "course", separator="\x1f")).to_series()
    return np.asarray(joined.to_numpy().astype(np.str_))


def _arrays(pairs: pl.DataFrame) -> tuple[FloatArray, FloatArray, NDArray[np.str_]]:
    return pairs["x"].to_numpy(), pairs["y"].to_numpy(), _labels(pairs)


def _slope(pairs: pl.DataFrame, level: float, seed: int) -> dict[str, Any]:
    names = ("slope", "slope_sd", "residual_sd_mm")
    try:
        x, y, labels = _arrays(pairs)
        fit = random_slopes(x, y, labels, level=level, seed=seed)
    except NotEstimable as error:
        nothing = {f"{n}{end}": None for n in names for end in ("", "_low", "_high")}
        return {**nothing, "explained": None, "reason": str(error).replace("rate", "slope")}
    row: dict[str, Any] = {}
    for name, value, interval in (
        ("slope", fit.slope, fit.slope_interval),
        ("slope_sd", fit.slope_sd, fit.slope_sd_interval),
        ("residual_sd_mm", fit.residual_sd, fit.residual_sd_interval),
    ):
        row |= {name: value, f"{name}_low": interval.low, f"{name}_high": interval.high}
    codes = np.unique(labels, return_inverse=True)[1]
    n = np.bincount(codes)
    spread = float(((y - (np.bincount(codes, y) / n)[codes]) ** 2).sum())
    df = max(1, y.size - n.size)
    explained = 1.0 - fit.residual_sd**2 / (spread / df) if spread > 0.0 else 0.0
    return {**row, "explained": max(0.0, explained), "reason": None}


def _rules(
    pairs: pl.DataFrame, limits: Sequence[float], plans: Sequence[int], level: float
) -> list[dict[str, Any]]:
    x, y, labels = _arrays(pairs)
    codes = np.unique(labels, return_inverse=True)[1]
    n = np.bincount(codes)
    reference = pairs["reference"].to_numpy().astype(np.float64)
    means = (np.bincount(codes, x) / n)[codes]
    away = x - np.where(np.isfinite(reference), reference, means)
    relative = np.abs(away) / np.maximum(np.abs(x - away), 1e-12)
    slopes = _slopes_of_others(x, y, codes, n)
    centred = y - (np.bincount(codes, y) / n)[codes]
    everything = np.ones(y.size, dtype=np.bool_)
    replayed = [("none", 0.0, centred, everything)]
    replayed += [("treat later", limit, centred, relative <= limit) for limit in limits]
    for size in plans:
        # Plans at the middle of equally likely parts of the filling about the reference.
        levels = np.quantile(away, (np.arange(size) + 0.5) / size)
        nearest = levels[np.abs(away[:, None] - levels[None, :]).argmin(axis=1)]
        left = centred - slopes * nearest
        left = left - (np.bincount(codes, left) / n)[codes]
        replayed.append(("library", float(size), left, everything))
    return [
        {
            "rule": name,
            "setting": setting,
            **rule_yield(codes, centred, left, kept, level=level),
            **(_BY_DEFINITION.get(name, {})),
        }
        for name, setting, left, kept in replayed
    ]


def _slopes_of_others(
    x: FloatArray, y: FloatArray, codes: NDArray[np.int64], n: NDArray[np.int64]
) -> FloatArray:
    """For every value the pooled slope of all patients but its own: no patient helps himself."""
    dx = x - (np.bincount(codes, x) / n)[codes]
    sxx, sxy = np.bincount(codes, dx * dx), np.bincount(codes, dx * y)
    rest = sxx.sum() - sxx
    return np.asarray(np.divide(sxy.sum() - sxy, rest, out=np.zeros(n.size), where=rest > 0))[codes]
