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
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from popmargin.anatomy.series import Series
from popmargin.core.exceptions import NotEstimable
from popmargin.core.flags import Flag
from popmargin.statistics.random_slopes import random_slopes

FloatArray = NDArray[np.float64]
FILLING: Final = frozenset({"volume", "diameter"})
ORGANS: Final = frozenset({"rectum", "bladder", "stomach"})
LIMITS: Final = (0.25, 0.5)
LIBRARIES: Final = (1, 2, 3, 5)


def relate_to_filling(
    found: Sequence[Series], *, confidence_level: float = 0.95, seed: int = 1
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[Flag]]:
    """Rows of contracts ``organ_mobility`` and ``filling_rules``, and flags.

    Parameters
    ----------
    found : of `popmargin.anatomy.series.series_of`: displacements in mm, and volumes or diameters
        of rectum, bladder or stomach.
    confidence_level, seed : of the intervals.

    Returns
    -------
    mobility : one row a displacement and filling: ``slope`` (mm per unit of filling), its SD
        between patients, ``explained`` (share of the variance within patients).
    rules : what each treat-later limit (share of the reference filling) and size of library leaves
        as RMS displacement, the share of fractions postponed, and what it yields.

    Examples
    --------
    >>> relate_to_filling([])
    ([], [], [])
    """
    mobility: list[dict[str, Any]] = []
    rules: list[dict[str, Any]] = []
    flags: list[Flag] = []
    moving = [s for s in found if s.key[2].startswith("displacement_") and s.key[3] == "mm"]
    fillings = [s for s in found if s.key[0] in ORGANS and s.key[2] in FILLING]
    for organ in moving:
        for filling in fillings:
            pairs = _pairs(organ, filling)
            if pairs.is_empty():
                continue
            head = {
                "organ": organ.name,
                "filling": filling.name,
                "filling_unit": filling.key[3],
                "n_patients": pairs["patient_id"].n_unique(),
                "n_fractions": pairs.height,
            }
            row = _slope(pairs, confidence_level, seed)
            mobility.append({**head, **row, "confidence_level": confidence_level})
            if row["reason"]:
                place = f"{organ.name} on {filling.name}"
                flags.append(Flag("not_estimable", "info", f"{place}: {row['reason']}"))
                continue
            rules += [{**head, **rule} for rule in _rules(pairs)]
            without = pairs.filter(pl.col("reference").is_null())["patient_id"].n_unique()
            if without:
                message = f"{filling.name}: {without} patients have no planning value; their mean "
                flags.append(
                    Flag("no_planning_value", "info", message + "stands for it", patients=without)
                )
    return mobility, rules, flags


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


def _arrays(pairs: pl.DataFrame) -> tuple[FloatArray, FloatArray, NDArray[np.str_]]:
    joined = pairs.select(pl.concat_str("patient_id", "course", separator="\x1f")).to_series()
    return pairs["x"].to_numpy(), pairs["y"].to_numpy(), joined.to_numpy().astype(np.str_)


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


def _rules(pairs: pl.DataFrame) -> list[dict[str, Any]]:
    x, y, labels = _arrays(pairs)
    codes = np.unique(labels, return_inverse=True)[1]
    n = np.bincount(codes)
    reference = pairs["reference"].to_numpy().astype(np.float64)
    means = (np.bincount(codes, x) / n)[codes]
    away = x - np.where(np.isfinite(reference), reference, means)
    relative = np.abs(away) / np.maximum(np.abs(x - away), 1e-12)
    slopes = _slopes_of_others(x, y, codes, n)
    centred = y - (np.bincount(codes, y) / n)[codes]
    rows = [_rule("none", 0.0, centred, np.ones(y.size, dtype=np.bool_), centred)]
    rows += [_rule("treat later", limit, centred, relative <= limit, centred) for limit in LIMITS]
    for plans in LIBRARIES[1:]:
        # Plans at the middle of equally likely parts of the filling about the reference.
        levels = np.quantile(away, (np.arange(plans) + 0.5) / plans)
        nearest = levels[np.abs(away[:, None] - levels[None, :]).argmin(axis=1)]
        left = centred - slopes * nearest
        left = left - (np.bincount(codes, left) / n)[codes]
        rows.append(_rule("library", float(plans), left, np.ones(y.size, dtype=np.bool_), centred))
    return rows


def _slopes_of_others(
    x: FloatArray, y: FloatArray, codes: NDArray[np.int64], n: NDArray[np.int64]
) -> FloatArray:
    """For every value the pooled slope of all patients but its own: no patient helps himself."""
    dx = x - (np.bincount(codes, x) / n)[codes]
    sxx, sxy = np.bincount(codes, dx * dx), np.bincount(codes, dx * y)
    rest = sxx.sum() - sxx
    return np.asarray(np.divide(sxy.sum() - sxy, rest, out=np.zeros(n.size), where=rest > 0))[codes]


def _rule(
    name: str, limit: float, left: FloatArray, kept: NDArray[np.bool_], before: FloatArray
) -> dict[str, Any]:
    treated = left[kept]
    rms = float(np.sqrt((treated**2).mean())) if treated.size else None
    start = float(np.sqrt((before**2).mean()))
    postponed = 1.0 - float(kept.mean())
    gained = None if rms is None else start - rms
    paid = gained is not None and postponed > 0.0
    return {
        "rule": name,
        "setting": limit,
        "rms_mm": rms,
        "rms_saved_mm": gained,
        "postponed_share": postponed,
        "saved_per_postponed_mm": gained / postponed if paid and gained is not None else None,
    }
