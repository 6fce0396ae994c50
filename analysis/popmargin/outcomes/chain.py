"""From residual errors and a margin to PTV, organ dose and the change of TCP and NTCP, with a band.

Assumptions: those of `popmargin.outcomes.phantom`, `virtual_patients` and of the response models.
Two things are unknown and both are in the band: the errors (their draws go through dose and
response) and the parameters of the response model (corners of their published limits). The band
runs from the lowest of the lower limits to the highest of the upper ones, so it is at least as wide
as its level.

Limits: a phantom is no plan, a model fitted elsewhere is no measurement of one's own patients;
read the direction and the size of a difference, not a rate. Tumour control is given as a difference
only. Where parameters are recalled, ``status`` says "default, not validated". Nothing here is an
observed effect.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from popmargin.core.checks import non_negative, positive, share
from popmargin.core.exceptions import NotEstimable
from popmargin.outcomes.cohort_response import (
    complication_of_patients,
    control_of_patients,
    equivalent_uniform_dose_of_patients,
)
from popmargin.outcomes.complication_sets import ComplicationSet
from popmargin.outcomes.control_sets import ControlSet
from popmargin.outcomes.phantom import OrganPhantom, TargetPhantom, Three, three
from popmargin.outcomes.residual_errors import ResidualErrors
from popmargin.outcomes.virtual_patients import organ_doses, target_doses, virtual_patients

FloatArray = NDArray[np.float64]
PATIENTS: Final = 10_000
# ASSUME 2 % of the target below the level is a target that is not covered (near-minimum dose).
COLD_SHARE: Final = 0.02
DRAWN: Final = 40
_MGY_PER_GY: Final = 1000.0


@dataclass(frozen=True, slots=True)
class Situation:
    """The geometry, prescription and models that all arms share; ``fractions`` None = many.

    ``complications`` and ``control`` None leave that response out.
    """

    target: TargetPhantom
    organ: OrganPhantom
    prescription_gy: float
    fractions: int
    complications: ComplicationSet | None = None
    control: ControlSet | None = None


@dataclass(frozen=True, slots=True)
class Arm:
    """One way to treat: errors that are left, margin, and dose of all its images in mGy."""

    label: str
    errors: ResidualErrors
    margin_mm: Three
    imaging_dose_mgy: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _Response:
    """Means over patients: complication and control of every member, what else is reported."""

    ntcp: FloatArray | None
    tcp: FloatArray | None
    underdosed: float
    mean_dose_gy: float
    eud_gy: float | None


def compare_arms(
    arms: Sequence[Arm],
    situation: Situation,
    *,
    patients: int = PATIENTS,
    level: float = 0.95,
    seed: int = 1,
) -> list[dict[str, Any]]:
    """PTV, organ dose and response of every arm against the first.

    Parameters
    ----------
    arms : the first is the reference.
    situation : what they share.
    patients : virtual patients of the central values, >= 2; draws of the errors use a fortieth.
    level : of the band, inside (0, 1).  seed : of the points, >= 0.

    Returns
    -------
    One flat row an arm: ``arm``, ``reference``, ``margin_*_mm``, ``systematic_sd_*_mm``,
    ``random_sd_*_mm``, ``ptv_cc``, ``underdosed_share`` (patients with more than 2 % of the target
    below the dose level), ``organ_mean_dose_gy``, ``organ_eud_gy``, ``imaging_dose_gy``, ``ntcp``
    and its difference, the difference of TCP, each with ``_low`` and ``_high`` (None where there is
    no band), ``status`` of the parameters, ``reason`` where something is missing.

    Raises
    ------
    OutOfRange
        For a value out of range.

    Examples
    --------
    >>> from popmargin.outcomes.complication_sets import complication_set
    >>> from popmargin.outcomes.residual_errors import known_errors
    >>> left = known_errors("stated", (2, 2, 2), (2, 2, 2))
    >>> situation = Situation(TargetPhantom(30.0),
    ...     OrganPhantom("rectum", "ap", "negative", 0.0, 30.0, 6.0), 78.0, 39,
    ...     complication_set("rectum_quantec"))
    >>> wide, narrow = compare_arms(
    ...     [Arm("8 mm", left, (8, 8, 8)), Arm("5 mm", left, (5, 5, 5))], situation, patients=500)
    >>> narrow["ntcp_difference"] < 0 < narrow["underdosed_share"] - wide["underdosed_share"]
    True
    """
    share("level", level)
    positive("prescription_gy", situation.prescription_gy)
    found = [_central(arm, situation, patients, seed) for arm in arms]
    uncertain = [_uncertain(arm, situation, max(patients // DRAWN, 50), seed) for arm in arms]
    return [
        _row(arm, arms[0], situation, (mine, found[0]), (draws, uncertain[0]), level)
        for arm, mine, draws in zip(arms, found, uncertain, strict=True)
    ]


def _central(arm: Arm, situation: Situation, patients: int, seed: int) -> _Response:
    return _respond(
        arm, situation, arm.errors.systematic_sd_mm, arm.errors.random_sd_mm, patients, seed
    )


def _uncertain(arm: Arm, situation: Situation, patients: int, seed: int) -> list[_Response]:
    """Responses for a subset of the draws of the errors; none where they are known."""
    rows = np.linspace(0, len(arm.errors.systematic_draws) - 1, DRAWN).astype(int)
    if len(arm.errors.systematic_draws) < DRAWN:
        return []
    return [
        _respond(
            arm,
            situation,
            three(arm.errors.systematic_draws[row]),
            three(arm.errors.random_draws[row]),
            patients,
            seed,
        )
        for row in rows
    ]


def _respond(
    arm: Arm, situation: Situation, systematic: Three, random: Three, patients: int, seed: int
) -> _Response:
    """Means over virtual patients with these errors."""
    fractions, given = situation.fractions, situation.prescription_gy
    people = virtual_patients(systematic, random, fractions=fractions, patients=patients, seed=seed)
    _, weights = situation.target.points_mm()
    relative = target_doses(people, situation.target, arm.margin_mm)
    cold = (relative < situation.target.dose_level) @ weights > COLD_SHARE
    # The isodose of the level is the prescription's share: the interior gets the prescription.
    organ = given * organ_doses(people, situation.target, situation.organ, arm.margin_mm)
    organ += float(non_negative("imaging_dose_mgy", arm.imaging_dose_mgy)) / _MGY_PER_GY
    ntcp = tcp = eud = None
    if situation.complications is not None:
        model = situation.complications
        ntcp = complication_of_patients(organ, model, fractions=fractions).mean(axis=1)
        euds = equivalent_uniform_dose_of_patients(organ, model, fractions=fractions)
        eud = float(euds.mean())
    if situation.control is not None:
        try:
            tcp = control_of_patients(
                given * relative,
                weights,
                situation.control,
                fractions=fractions,
                target_cc=situation.target.ctv_cc(),
            ).mean(axis=1)
        except NotEstimable:
            tcp = None
    return _Response(ntcp, tcp, float(cold.mean()), float(organ.mean()), eud)


def _row(
    arm: Arm,
    reference: Arm,
    situation: Situation,
    central: tuple[_Response, _Response],
    draws: tuple[list[_Response], list[_Response]],
    level: float,
) -> dict[str, Any]:
    mine, first = central
    own = arm is reference
    row: dict[str, Any] = {"arm": arm.label, "reference": reference.label}
    for place, axis in enumerate(("lr", "si", "ap")):
        row[f"margin_{axis}_mm"] = float(arm.margin_mm[place])
        row[f"systematic_sd_{axis}_mm"] = float(arm.errors.systematic_sd_mm[place])
        row[f"random_sd_{axis}_mm"] = float(arm.errors.random_sd_mm[place])
    model, control = situation.complications, situation.control
    pairs = list(zip(*draws, strict=False))
    row |= {
        "ptv_cc": situation.target.ptv_cc(arm.margin_mm),
        "underdosed_share": mine.underdosed,
        "organ": situation.organ.name,
        "organ_mean_dose_gy": mine.mean_dose_gy,
        "organ_eud_gy": mine.eud_gy,
        "imaging_dose_gy": arm.imaging_dose_mgy / _MGY_PER_GY,
        "ntcp_set": model.label if model else None,
        "tcp_set": control.label if control else None,
        **_banded("ntcp", mine.ntcp, [one.ntcp for one in draws[0]], level),
        **_banded(
            "ntcp_difference",
            None if own else _minus(mine.ntcp, first.ntcp),
            [_minus(one.ntcp, other.ntcp) for one, other in pairs],
            level,
        ),
        **_banded(
            "tcp_difference",
            None if own else _minus(mine.tcp, first.tcp),
            [_minus(one.tcp, other.tcp) for one, other in pairs],
            level,
        ),
    }
    statuses = [part.status for part in (model, control) if part is not None]
    if mine.ntcp is not None and len(mine.ntcp) == 1 and model is not None:
        statuses.append(f"{model.label} has no published limits: its band holds the errors only")
    row["status"] = "; ".join(dict.fromkeys(statuses)) or None
    row["reason"] = _reason(situation, mine)
    return row


def _banded(
    name: str, members: FloatArray | None, draws: Sequence[FloatArray | None], level: float
) -> dict[str, float | None]:
    """Central value, and its band over members of the parameter box and draws of the errors."""
    if members is None:
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    every = [draw for draw in draws if draw is not None]
    low, high = float(members.min()), float(members.max())
    if every:
        tail = 0.5 * (1.0 - level)
        limits = np.quantile(np.stack(every), [tail, 1.0 - tail], axis=0)
        low, high = min(low, float(limits[0].min())), max(high, float(limits[1].max()))
    banded = len(members) > 1 or bool(every)
    value = float(members[0])
    return {
        name: value,
        f"{name}_low": low if banded else None,
        f"{name}_high": high if banded else None,
    }


def _minus(one: FloatArray | None, other: FloatArray | None) -> FloatArray | None:
    return None if one is None or other is None else one - other


def _reason(situation: Situation, found: _Response) -> str | None:
    if situation.control is not None and found.tcp is None:
        return f"{situation.control.label} has no published limits: no difference of TCP is given"
    return None
