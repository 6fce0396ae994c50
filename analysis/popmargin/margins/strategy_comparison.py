"""Strategies against breathing for each patient and for all: what each saves, and for whom.

A patient benefits from a strategy when it saves at least a stated share of the volume that the
reference strategy irradiates. Assumptions and limits: those of
`popmargin.margins.motion_strategies`; the share that counts as a benefit is a choice, no finding,
and what the volume saved is worth clinically is not said here.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from scipy.special import stdtrit

from popmargin.core.checks import share
from popmargin.margins.motion_strategies import STRATEGIES, Treatment, motion_of, strategy_rows
from popmargin.statistics.proportion import exact_proportion

REFERENCE: Final = "itv"


def compare_strategies(
    summaries: Sequence[Mapping[str, Any]],
    treatment: Treatment,
    *,
    benefit_share: float = 0.1,
    confidence_level: float = 0.95,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of contracts ``patient_strategies`` and ``motion_strategies``.

    Parameters
    ----------
    summaries : rows of contract ``trace_summaries``; those with a reason are left out.
    treatment : what all strategies share.
    benefit_share : share of the reference's volume that must be saved to count, in (0, 1).
    confidence_level : of the intervals over patients.

    Returns
    -------
    patients : one row a patient and strategy, with ``volume_saved_cc``, ``minutes_added`` and
        ``benefits`` (yes or no) against the reference.
    population : one row a strategy: means over patients with t intervals, the share that benefits
        with its exact interval, the smallest peak-to-peak amplitude of those who benefit and the
        largest of those who do not. Fewer than two patients: no means, with the reason.

    Examples
    --------
    >>> from popmargin.margins.motion_strategies import default_parameters
    >>> one, zero = np.ones(3), np.zeros(3)
    >>> treatment = Treatment(one, one, zero, 2.0, 20.0, 3.2, 0.95, 0.9, default_parameters())
    >>> row = {"patient_id": "p", "axis": "si", "sd_mm": 7.2, "peak_to_peak_mm": 20.0,
    ...     "gate_sd_mm": 2.0, "duty_cycle": 0.5, "tracking_sd_mm": 0.5, "sd_low_mm": 6.5,
    ...     "sd_high_mm": 7.9, "reason": None}
    >>> patients, population = compare_strategies([row], treatment)
    >>> [r["strategy"] for r in patients if r["benefits"] == "yes"]
    ['mid_position', 'gating', 'tracking', 'compression', 'breath_hold']
    """
    share("benefit_share", benefit_share)
    usable = [row for row in summaries if row["reason"] is None]
    patients: list[dict[str, Any]] = []
    for patient in dict.fromkeys(row["patient_id"] for row in usable):
        motion = motion_of([row for row in usable if row["patient_id"] == patient])
        rows = strategy_rows(motion, treatment)
        reference = next(row for row in rows if row["strategy"] == REFERENCE)
        head = {
            "patient_id": patient,
            **{
                f"peak_to_peak_{a}_mm": float(motion.peak_to_peak_mm[i])
                for i, a in enumerate(("lr", "si", "ap"))
            },
        }
        patients += [{**head, **row, **_gain(row, reference, benefit_share)} for row in rows]
    population = [
        _population(name, [r for r in patients if r["strategy"] == name], confidence_level)
        for name in STRATEGIES
    ]
    return patients, population


def _gain(
    row: Mapping[str, Any], reference: Mapping[str, Any], benefit_share: float
) -> dict[str, Any]:
    if row["volume_cc"] is None:
        return {"volume_saved_cc": None, "minutes_added": None, "benefits": None}
    saved = reference["volume_cc"] - row["volume_cc"]
    return {
        "volume_saved_cc": saved,
        "minutes_added": row["minutes"] - reference["minutes"],
        "benefits": "yes" if saved >= benefit_share * reference["volume_cc"] else "no",
    }


_MEANS: Final = (
    "margin_lr{}_mm", "margin_si{}_mm", "margin_ap{}_mm", "volume{}_cc", "volume_saved{}_cc",
    "minutes{}",
)  # fmt: skip


def _population(name: str, rows: Sequence[Mapping[str, Any]], level: float) -> dict[str, Any]:
    usable = [row for row in rows if row["volume_cc"] is not None]
    n = len(usable)
    found: dict[str, Any] = {"strategy": name, "n_patients": n}
    for form in _MEANS:
        values = np.array([row[form.format("")] for row in usable])
        mean = low = high = None
        if n > 1:
            mean = float(values.mean())
            half = float(stdtrit(n - 1, 0.5 * (1.0 + level)) * values.std(ddof=1)) / math.sqrt(n)
            low, high = mean - half, mean + half
            # Only what is saved can be less than nothing.
            low = low if "saved" in form else max(0.0, low)
        found |= {form.format(e): v for e, v in (("", mean), ("_low", low), ("_high", high))}
    found |= _benefit(sum(row["benefits"] == "yes" for row in usable), n, level)
    found |= _who_benefits(usable)
    reason = None if n > 1 else f"means over patients: needs 2 patients, found {n}"
    return {**found, "confidence_level": level, "reason": reason}


def _who_benefits(rows: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    """Amplitudes (largest axis) between which a benefit begins in these patients."""
    amplitude = {
        answer: [
            max(row[f"peak_to_peak_{axis}_mm"] for axis in ("lr", "si", "ap"))
            for row in rows
            if row["benefits"] == answer
        ]
        for answer in ("yes", "no")
    }
    return {
        "smallest_benefit_mm": min(amplitude["yes"], default=None),
        "largest_without_mm": max(amplitude["no"], default=None),
    }


def _benefit(count: int, n: int, level: float) -> dict[str, float | None]:
    """Share of patients with its exact interval."""
    names = ("benefit_share", "benefit_share_low", "benefit_share_high")
    if n == 0:
        return dict.fromkeys(names)
    found = exact_proportion(count, n, level=level)
    return dict(zip(names, (found.value, found.low, found.high), strict=True))
