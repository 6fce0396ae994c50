"""What is compared: protocol x modality, each with its margin from the replay and its images.

Assumptions: an online correction leaves the registration error of the modality (SD per axis), and
what a protocol learns from images carries it on (see `popmargin.burden.registration`). Images are
counted on the planned course; where a protocol itself decides
when to image, they are those of the logged course. Limits: the margin covers what the replay
covers and nothing else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from popmargin.burden.defaults import check_modality
from popmargin.burden.record import Record
from popmargin.burden.registration import (
    others_sd_mm,
    registration_variances,
    with_registration,
)
from popmargin.core.axes import TRANSLATIONS
from popmargin.core.checks import whole
from popmargin.core.exceptions import NotEstimable, RefusedInput
from popmargin.core.flags import Flag, one_per_code
from popmargin.errors.quantity import Estimator, RandomEstimator
from popmargin.margins.estimate import estimate_margins
from popmargin.margins.registry import find_recipe
from popmargin.protocols.apply import apply_protocol
from popmargin.protocols.courses import Courses, courses_from_arrays
from popmargin.protocols.protocol import Protocol, known_others
from popmargin.protocols.remarks import describe_left
from popmargin.protocols.replayed import replay_each

NO_MODALITY: Final = "none"
Margins = tuple[float, float, float]
Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """How errors are replayed and margins made; see `popmargin.protocols.replay`.

    ``in_use`` is the protocol in use when the errors were logged: a group whose carried corrections
    are not logged is not replayed.

    >>> ReplayOptions().recipe
    'van_herk'
    """

    recipe: str = "van_herk"
    recipe_options: Mapping[str, float] | None = None
    fractions: int | None = None
    estimator: Estimator = "anova"
    random: RandomEstimator = "rms"
    level: float = 0.95
    seed: int = 1
    in_use: Protocol | None = None


@dataclass(frozen=True, slots=True)
class Strategy:
    """One protocol with one modality.

    Attributes
    ----------
    protocol : as written on the command line; modality : its name, ``none`` without imaging.
    surrogate : what is matched; empty without imaging.
    images : per course, >= 0.
    margin_mm, margin_low_mm, margin_high_mm : on the lr, si and ap axes with their interval;
        ``None`` where not estimable or withheld, for ``reason``.
    uses_residual : whether the margin rests on the modality's registration error.
    covers : what the margin covers.
    """

    protocol: str
    modality: str
    surrogate: str
    images: float
    margin_mm: Margins | None = None
    margin_low_mm: Margins | None = None
    margin_high_mm: Margins | None = None
    uses_residual: bool = False
    covers: str = ""
    reason: str = ""

    @property
    def name(self) -> str:
        """Protocol and modality in one text.

        >>> Strategy("daily", "kv_cbct", "bone", 35).name
        'daily with kv_cbct'
        """
        return (
            self.protocol
            if self.modality == NO_MODALITY
            else f"{self.protocol} with " + (self.modality)
        )


def replay_strategies(
    courses: Courses,
    protocols: Sequence[Protocol],
    modalities: Mapping[str, str],
    records: Mapping[str, Record],
    *,
    fractions: int,
    options: ReplayOptions | None = None,
) -> tuple[list[Strategy], list[Flag]]:
    """Every protocol with every modality, margins from the replay of the logged errors.

    Parameters
    ----------
    courses : uncorrected errors; protocols : each once.
    modalities : name to the surrogate that is matched (empty: the modality's first).
    records : with the registration error ``<modality>.residual_sd_mm.<surrogate>`` of each.
    fractions : of the planned course, >= 2; options : of replay and margin.

    Returns
    -------
    strategies : a protocol that never images once, the others once a modality.
    flags : what the replay remarks on the protocols.

    Raises
    ------
    RefusedInput
        When a modality cannot match on the wanted surrogate.
    WrongUsage
        When a modality does not exist.
    """
    chosen = options or ReplayOptions()
    wanted = {name: surrogate_of(name, stated) for name, stated in modalities.items()}
    residuals = {
        name: records[f"{name}.residual_sd_mm.{surrogate}"].typical
        for name, surrogate in wanted.items()
    }
    strategies, flags = list[Strategy](), list[Flag]()
    for protocol in protocols:
        online = _takes_residual(protocol)
        corrects = protocol.kind.corrects != "never"
        added = _registration(protocol, courses, fractions)
        replayed: dict[float, tuple[Rows, float]] = {}
        for modality, surrogate in wanted.items() if corrects else ((NO_MODALITY, ""),):
            sd_mm = residuals.get(modality, 0.0)
            residual = sd_mm if online else 0.0
            if residual not in replayed:
                rows, logged_images, remarks = _replay(courses, protocol, residual, chosen)
                replayed[residual] = rows, logged_images
                flags += remarks
            rows, logged_images = replayed[residual]
            rows = [with_registration(r, added, sd_mm, chosen.recipe_options) for r in rows]
            strategies.append(
                Strategy(
                    protocol.text,
                    modality,
                    surrogate,
                    images_per_course(protocol, fractions, logged_images),
                    **_margins(rows),
                    uses_residual=online or any(added),
                )
            )
    return strategies, one_per_code(flags)


def _replay(
    courses: Courses, protocol: Protocol, residual_sd_mm: float, options: ReplayOptions
) -> tuple[Rows, float, Sequence[Flag]]:
    """Margins of the whole course on each axis, images per patient of the log, remarks."""
    (done,) = replay_each(
        courses,
        [protocol],
        residual_sd_mm=residual_sd_mm,
        estimator=options.estimator,
        random=options.random,
        level=options.level,
        seed=options.seed,
        step_intervals=False,
    )
    margins, _ = estimate_margins(
        [estimate for estimate in done.estimates if estimate.source.columns["phase"] == "course"],
        (find_recipe(options.recipe),),
        covers=describe_left(done.protocol),
        options=options.recipe_options,
        fractions=options.fractions,
    )
    images = 0.0 if done.applied is None else done.applied.images.sum() / courses.patient_count
    missing = {"axis": None, "reason": done.reason or "no patient has a logged fraction"}
    return margins or [missing], float(images), done.remarks


def surrogate_of(modality: str, stated: str = "") -> str:
    """What the modality matches on: ``stated``, or the first it can.

    Raises `RefusedInput` when it cannot see that surrogate, `WrongUsage` for an unknown modality.

    >>> surrogate_of("kv_cbct"), surrogate_of("kv_cbct", "bone")
    ('soft_tissue', 'bone')
    """
    known = check_modality(modality)
    if stated and stated not in known.surrogates:
        expected = f"one of {', '.join(known.surrogates)}"
        raise RefusedInput(
            f"modality {modality}", expected, stated, f"it sees {known.sees or 'nothing of it'}"
        )
    return stated or known.surrogates[0]


def images_per_course(protocol: Protocol, fractions: int, logged: float | None = None) -> float:
    """Images of a course of ``fractions``: the schedule, or ``logged`` where errors decide.

    >>> from popmargin.protocols.parse import parse_protocol
    >>> images_per_course(parse_protocol("weekly:first=3,carry=true"), 35)
    9.0
    """
    if protocol.kind.planned is None and not protocol.kind.linear:
        return float(logged or 0.0)
    course = courses_from_arrays([np.zeros((whole("fractions", fractions), 3))])
    others = known_others(0.0, 1.0, 1.0)[None]
    return float(apply_protocol(protocol, course, others).images.sum())


def _registration(protocol: Protocol, courses: Courses, fractions: int) -> tuple[float, float]:
    """What a registration error adds; nothing where the protocol itself states its residual."""
    if {"residual_mm", "residual_sd_mm"} & set(protocol.stated):
        return 0.0, 0.0
    try:
        return registration_variances(protocol, fractions, **others_sd_mm(protocol, courses))
    except NotEstimable:
        return 0.0, 0.0  # the replay itself says why it has no margin


def _takes_residual(protocol: Protocol) -> bool:
    """Whether an online correction leaves what the modality leaves: none is stated for it."""
    stated = {"residual_mm", "residual_sd_mm"} & set(protocol.stated)
    return protocol.kind.corrects == "online" and not stated


def _margins(rows: Rows) -> dict[str, Any]:
    by_axis = {row["axis"]: row for row in rows}
    found: dict[str, Any] = {"covers": str(rows[0].get("covers") or "")}
    for name in ("margin_mm", "margin_low_mm", "margin_high_mm"):
        values = [by_axis.get(axis, {}).get(name) for axis in TRANSLATIONS]
        found[name] = None if None in values else tuple(values)
    if None in found.values():
        reasons = [str(row["reason"]) for row in rows if row["reason"]]
        found |= dict.fromkeys(("margin_mm", "margin_low_mm", "margin_high_mm"))
        found["reason"] = reasons[0] if reasons else "the margin has no interval"
    return found
