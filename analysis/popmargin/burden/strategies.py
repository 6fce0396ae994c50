"""What is compared: protocol x modality, each with its margin from the replay and its images.

Assumptions: an online correction leaves the registration error of the modality (SD per axis); an
offline protocol is replayed as logged, because its logs already hold the registration error of the
images they came from. Images are counted on the planned course; where a protocol itself decides
when to image, they are those of the logged course. Limits: the margin covers what the replay
covers and nothing else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from popmargin.burden.defaults import check_modality
from popmargin.burden.record import Record
from popmargin.core.axes import TRANSLATIONS
from popmargin.core.checks import whole
from popmargin.core.exceptions import RefusedInput
from popmargin.core.flags import Flag, one_per_code
from popmargin.protocols.apply import apply_protocol
from popmargin.protocols.courses import Courses, courses_from_arrays
from popmargin.protocols.protocol import Protocol, known_others
from popmargin.protocols.replay import replay_protocols

NO_MODALITY: Final = "none"
Margins = tuple[float, float, float]


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
    replay: Mapping[str, Any] | None = None,
) -> tuple[list[Strategy], list[Flag]]:
    """Every protocol with every modality, margins from the replay of the logged errors.

    Parameters
    ----------
    courses : uncorrected errors; protocols : each once.
    modalities : name to the surrogate that is matched (empty: the modality's first).
    records : with the registration error ``<modality>.residual_sd_mm.<surrogate>`` of each.
    fractions : of the planned course, >= 1.
    replay : further arguments of `popmargin.protocols.replay.replay_protocols`.

    Returns
    -------
    strategies : a protocol that never images once, the others once a modality.
    flags : what the replay remarks.

    Raises
    ------
    RefusedInput
        When a modality cannot match on the wanted surrogate.
    WrongUsage
        When a modality does not exist or a protocol is given twice.
    """
    wanted = {name: surrogate_of(name, stated) for name, stated in modalities.items()}
    residuals = {
        name: records[f"{name}.residual_sd_mm.{surrogate}"].typical
        for name, surrogate in wanted.items()
    }
    plain = [protocol for protocol in protocols if not _takes_residual(protocol)]
    online = [protocol for protocol in protocols if _takes_residual(protocol)]
    found: dict[tuple[str, float | None], list[dict[str, Any]]] = {}
    flags: list[Flag] = []
    wanted_replays = [(None, plain), *((sd, online) for sd in dict.fromkeys(residuals.values()))]
    for residual, chosen in wanted_replays:
        if not chosen:
            continue
        rows, remarks = replay_protocols(
            courses, chosen, residual_sd_mm=residual or 0.0, **(replay or {})
        )
        flags += remarks
        for (text,), part in rows.filter(pl.col("phase") == "course").group_by("protocol"):
            found[str(text), residual] = part.to_dicts()

    strategies = []
    for protocol in protocols:
        corrects = protocol.kind.corrects != "never"
        for modality, surrogate in wanted.items() if corrects else ((NO_MODALITY, ""),):
            takes = _takes_residual(protocol)
            rows_of = found[protocol.text, residuals[modality] if takes else None]
            images = images_per_course(protocol, fractions, rows_of[0]["images_per_patient"])
            margins = _margins(rows_of)
            strategies.append(
                Strategy(protocol.text, modality, surrogate, images, **margins, uses_residual=takes)
            )
    return strategies, one_per_code(flags)


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
    if protocol.kind.planned is None and protocol.kind.corrects != "never":
        return float(logged or 0.0)
    course = courses_from_arrays([np.zeros((whole("fractions", fractions), 3))])
    others = known_others(0.0, 1.0, 1.0)[None]
    return float(apply_protocol(protocol, course, others).images.sum())


def _takes_residual(protocol: Protocol) -> bool:
    """Whether an online correction leaves what the modality leaves: none is stated for it."""
    stated = {"residual_mm", "residual_sd_mm"} & set(protocol.stated)
    return protocol.kind.corrects == "online" and not stated


def _margins(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    by_axis = {row["axis"]: row for row in rows}
    reasons = [str(row["reason"]) for row in rows if row["reason"]]
    names = ("margin_mm", "margin_low_mm", "margin_high_mm")
    found: dict[str, Any] = {"covers": str(rows[0]["covers"] or "")}
    for name in names:
        values = [by_axis[axis][name] for axis in TRANSLATIONS]
        found[name] = None if None in values else tuple(values)
    if any(found[name] is None for name in names):
        found |= dict.fromkeys(names)
        found["reason"] = reasons[0] if reasons else "the margin has no interval"
    return found
