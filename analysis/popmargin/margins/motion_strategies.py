"""Strategies against breathing side by side: margin, irradiated volume, minutes, who benefits.

Each strategy leaves some motion: ``itv`` all of it, inside a target that holds the whole breath;
``mid_position`` its SD as a random error; ``gating`` the SD inside the gate; ``tracking`` the SD of
the prediction error; ``compression`` the SD of an amplitude cut to a cap; ``breath_hold`` the SD
from hold to hold. What a gate or tracking leaves is measured on the trace, or stated by the site.
The rest of the margin (systematic and random error of set-up, the random walk over the time that
the strategy takes) is the same for all. The margin is van Herk's.

Assumptions: motion left over is Gaussian about the planned position; the ITV holds the mean breath
and nothing of the breaths beyond it; parameters marked "assumption" in ``motion_strategies.csv``
are not validated. Limits: breathing is skew; for 3 cm of cos^4 motion the exact 95 % isodose asks
for up to 12 % more than the Gaussian towards the side of rare deep breaths and a third less on the
other (tested); dose interplay, the surrogate's own error and
what a patient tolerates are not in here. Low and high limits carry the uncertainty of the breathing
SD only, not that of the set-up errors.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from popmargin.core.axes import TRANSLATIONS
from popmargin.core.checks import non_negative, positive, share
from popmargin.margins.alpha_beta import alpha_factor, beta_factor
from popmargin.margins.moving_volume import swept_volume_cc
from popmargin.margins.recipes.van_herk import van_herk_margin
from popmargin.margins.strategy_parameters import (
    Parameters,
    parameter_values,
    strategy_parameter_rows,
)

FloatArray = NDArray[np.float64]
STRATEGIES: Final = (
    "itv",
    "mid_position",
    "gating",
    "tracking",
    "compression",
    "breath_hold",
)


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """A patient's motion, arrays of shape (3,) in mm along lr, si, ap.

    ``relative_limits`` are the limits of the SD over the SD, shape (2,), those of its largest
    axis; ``tracking_sd_mm`` None where no trace was long enough.
    """

    sd_mm: FloatArray
    peak_to_peak_mm: FloatArray
    gate_sd_mm: FloatArray
    duty_cycle: float
    tracking_sd_mm: FloatArray | None
    relative_limits: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Treatment:
    """What all strategies share.

    ``systematic_sd_mm``, ``random_sd_mm`` (3,) without breathing; ``walk_mm2_per_min`` (3,), 0
    where unknown; ``beam_min`` minutes of beam; ``radius_mm`` of the target; ``penumbra_sd_mm``;
    ``dose_level`` and ``population`` as in van Herk's recipe; ``parameters`` of the strategies,
    {(strategy, parameter): value}, None where it is measured.
    """

    systematic_sd_mm: FloatArray
    random_sd_mm: FloatArray
    walk_mm2_per_min: FloatArray
    beam_min: float
    radius_mm: float
    penumbra_sd_mm: float
    dose_level: float
    population: float
    parameters: Parameters

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        for name in ("systematic_sd_mm", "random_sd_mm", "walk_mm2_per_min", "penumbra_sd_mm"):
            non_negative(name, getattr(self, name))
        positive("beam_min", self.beam_min)
        positive("radius_mm", self.radius_mm)
        share("dose_level", self.dose_level)
        share("population", self.population)


def motion_of(rows: Sequence[Mapping[str, Any]]) -> Motion:
    """The motion of one patient from its rows of contract ``trace_summaries``.

    Squares are averaged over fractions, amplitudes as they are; a single amplitude stands for
    superior-inferior. Rows with a reason must have been left out.

    >>> row = {"axis": "amplitude", "sd_mm": 3.0, "peak_to_peak_mm": 9.0, "gate_sd_mm": 1.0,
    ...     "duty_cycle": 0.5, "tracking_sd_mm": None, "sd_low_mm": 2.4, "sd_high_mm": 3.6}
    >>> motion = motion_of([row])
    >>> motion.sd_mm.tolist(), motion.relative_limits.round(6).tolist()
    ([0.0, 3.0, 0.0], [0.8, 1.2])
    """
    axes = ["si" if row["axis"] == "amplitude" else row["axis"] for row in rows]

    def per_axis(name: str, *, squares: bool) -> FloatArray:
        found = np.zeros(3)
        for place, axis in enumerate(TRANSLATIONS):
            values = np.array([row[name] for row, a in zip(rows, axes, strict=True) if a == axis])
            if values.size:
                found[place] = math.sqrt((values**2).mean()) if squares else values.mean()
        return found

    tracked = all(row["tracking_sd_mm"] is not None for row in rows)
    sd = per_axis("sd_mm", squares=True)
    largest = int(np.argmax(sd))
    ends = [per_axis(name, squares=True)[largest] for name in ("sd_low_mm", "sd_high_mm")]
    return Motion(
        sd_mm=sd,
        peak_to_peak_mm=per_axis("peak_to_peak_mm", squares=False),
        gate_sd_mm=per_axis("gate_sd_mm", squares=True),
        duty_cycle=float(np.mean([row["duty_cycle"] for row in rows])),
        tracking_sd_mm=per_axis("tracking_sd_mm", squares=True) if tracked else None,
        relative_limits=np.array(ends) / sd[largest] if sd[largest] > 0.0 else np.ones(2),
    )


def strategy_rows(motion: Motion, treatment: Treatment) -> list[dict[str, Any]]:
    """One row a strategy: what moves on, margins by axis, volume and minutes.

    Returns
    -------
    list of dict
        ``strategy``, ``residual_{axis}_mm`` (SD), ``margin_{axis}_mm`` with ``_low_``/``_high_``,
        ``volume_cc`` with limits, ``duty_cycle``, ``minutes``; margins None for tracking without
        a trace that is long enough, with the ``reason``.

    Examples
    --------
    >>> zero, one = np.zeros(3), np.ones(3)
    >>> still = Motion(zero, zero, zero, 0.5, zero, np.ones(2))
    >>> rows = strategy_rows(still, Treatment(one, one, zero, 2.0, 20.0, 3.2, 0.95, 0.9,
    ...     default_parameters()))
    >>> round(rows[0]["margin_si_mm"], 3), rows[0]["minutes"], rows[2]["minutes"]
    (2.751, 2.0, 6.0)
    """
    rows = []
    for name in STRATEGIES:
        residual, duty = _left_over(name, motion, treatment)
        minutes = treatment.beam_min / duty + (treatment.parameters.get((name, "extra_min")) or 0.0)
        row: dict[str, Any] = {"strategy": name, "duty_cycle": duty, "minutes": minutes}
        if residual is None:
            names = [f"residual_{a}_mm" for a in TRANSLATIONS] + [
                f"margin_{a}{end}_mm" for end in ("", "_low", "_high") for a in TRANSLATIONS
            ]
            names += [f"volume{end}_cc" for end in ("", "_low", "_high")]
            reason = "no trace long enough to judge a prediction"
            rows.append({**row, **dict.fromkeys(names), "reason": reason})
            continue
        row |= {f"residual_{a}_mm": float(residual[i]) for i, a in enumerate(TRANSLATIONS)}
        sweep = motion.peak_to_peak_mm if name == "itv" else np.zeros(3)
        # What is stated or assumed is not measured: the trace says nothing on its limits.
        measured = name != "itv" and (name, _LEFT.get(name, "")) not in _stated(treatment)
        limits = motion.relative_limits if measured else np.ones(2)
        scales = {"": 1.0, "_low": float(limits[0]), "_high": float(limits[1])}
        for end, scale in scales.items():
            margin = _margin(scale * residual, duty, treatment)
            row |= {f"margin_{a}{end}_mm": float(margin[i]) for i, a in enumerate(TRANSLATIONS)}
            row[f"volume{end}_cc"] = swept_volume_cc(
                treatment.radius_mm, margin.tolist(), sweep.tolist()
            )
        rows.append({**row, "reason": None})
    return rows


# The parameter that says what a strategy leaves, in place of what a trace shows.
_LEFT: Final = {
    "gating": "residual_sd_mm",
    "tracking": "error_sd_mm",
    "breath_hold": "residual_sd_mm",
}


def _stated(treatment: Treatment) -> set[tuple[str, str]]:
    return {key for key, value in treatment.parameters.items() if value is not None}


def _left_over(name: str, motion: Motion, treatment: Treatment) -> tuple[FloatArray | None, float]:
    """SD of the motion that a strategy leaves inside the margin, and its duty cycle."""
    if name == "itv":
        return np.zeros(3), 1.0
    measured: dict[str, tuple[FloatArray | None, float]] = {
        "gating": (motion.gate_sd_mm, motion.duty_cycle),
        "tracking": (motion.tracking_sd_mm, 1.0),
        "compression": (motion.sd_mm * _capped(motion, treatment), 1.0),
    }
    left, duty = measured.get(name, (motion.sd_mm, 1.0))
    stated = treatment.parameters.get((name, _LEFT.get(name, "")))
    if stated is not None:
        # Nobody moves more under a strategy than when breathing freely.
        left = np.minimum(motion.sd_mm, stated)
    own_duty = treatment.parameters.get((name, "duty_cycle"))
    return left, duty if own_duty is None else own_duty


def _capped(motion: Motion, treatment: Treatment) -> float:
    """Share of the motion that compression leaves."""
    largest, cap = (
        float(motion.peak_to_peak_mm.max()),
        treatment.parameters["compression", "cap_mm"],
    )
    return min(1.0, cap / largest) if cap is not None and largest > 0.0 else 1.0


def _margin(residual: FloatArray, duty: float, treatment: Treatment) -> FloatArray:
    # D T / 2: the walk's mean over the beam and its blur within it (D T / 3 + D T / 6).
    walk = treatment.walk_mm2_per_min * (treatment.beam_min / duty) / 2.0
    return van_herk_margin(
        treatment.systematic_sd_mm,
        np.sqrt(treatment.random_sd_mm**2 + residual**2 + walk),
        alpha=alpha_factor(treatment.population),
        beta=beta_factor(treatment.dose_level),
        penumbra_sd_mm=treatment.penumbra_sd_mm,
    )


def default_parameters() -> dict[tuple[str, str], float | None]:
    """Parameters of the strategies from ``reference/motion_strategies.csv``.

    >>> default_parameters()["compression", "cap_mm"]
    10.0
    """
    return parameter_values(strategy_parameter_rows())
