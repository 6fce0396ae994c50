"""What a study asks of the burden of imaging, checked before anything is computed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from popmargin.burden.defaults import REGIONS, with_site_records
from popmargin.burden.evaluate import OUTCOMES
from popmargin.burden.frontier import check_criteria
from popmargin.burden.indications import check_situations
from popmargin.burden.money import one_money
from popmargin.burden.record import Record
from popmargin.burden.strategies import surrogate_of
from popmargin.core.checks import non_negative, positive, whole
from popmargin.core.exceptions import OutOfRange, RefusedInput, WrongUsage
from popmargin.protocols.parse import parse_protocol
from popmargin.protocols.protocol import Protocol

MINIMUM_DRAWS: Final = 1000


@dataclass(frozen=True)
class BurdenQuestion:
    """Protocols and modalities to compare, and every number that the comparison rests on.

    Attributes
    ----------
    protocols : each once; the first is the reference that savings are counted from.
    modalities : name to surrogate; records : by key, site's own over the shipped ones.
    money : currency and price year of all amounts in use, ``None`` where nothing costs.
    fractions : of the planned course; ctv_radius_mm, prescription_gy : ``None`` = not stated.
    regions, sites, situations : by group label; criteria : two or three of the outcomes.
    willingness_to_pay : money per mm of margin, or per QALY where toxicity is stated.
    draws, seed, level : of the probabilistic sensitivity analysis.
    """

    protocols: tuple[Protocol, ...]
    modalities: Mapping[str, str]
    records: Mapping[str, Record]
    money: tuple[str, int] | None
    fractions: int
    ctv_radius_mm: float | None = None
    prescription_gy: float | None = None
    regions: Mapping[str, str] = field(default_factory=dict)
    sites: Mapping[str, str] = field(default_factory=dict)
    situations: Mapping[str, Sequence[str]] = field(default_factory=dict)
    criteria: tuple[str, ...] = ("margin_mm", "minutes_per_course", "cost_per_course")
    willingness_to_pay: tuple[float, ...] = ()
    draws: int = MINIMUM_DRAWS
    seed: int = 1
    level: float = 0.95


def burden_question(
    section: Mapping[str, Any] | None,
    *,
    fractions: int | None,
    ctv_radius_mm: float | None = None,
    seed: int = 1,
    level: float = 0.95,
) -> BurdenQuestion | None:
    """The question of a config's ``burden`` section; ``None`` where there is none.

    Parameters
    ----------
    section : ``protocols``, ``modalities`` and, where stated, ``surrogates``, ``regions``,
        ``sites``, ``prescription_gy``, ``criteria``, ``willingness_to_pay``, ``draws``,
        ``records``, ``situations``.
    fractions, ctv_radius_mm : of the target; seed, level : of the study.

    Raises
    ------
    RefusedInput
        Naming the key, when a record, region or situation cannot be, or currencies are mixed.
    WrongUsage
        When a protocol or modality does not exist.
    OutOfRange
        When a number or the criteria are out of range.

    Examples
    --------
    >>> section = {"protocols": ["no_imaging", "daily"], "modalities": ["kv_cbct"]}
    >>> burden_question(section, fractions=35).modalities
    {'kv_cbct': 'soft_tissue'}
    """
    if section is None:
        return None
    if fractions is None:
        raise RefusedInput(
            "target.fractions", "the fractions of a course", "none", "state them: burden needs them"
        )
    surrogates = section.get("surrogates") or {}
    modalities = {
        name: surrogate_of(name, str(surrogates.get(name) or "")) for name in section["modalities"]
    }
    idle = sorted(set(surrogates) - set(modalities))
    if idle:
        raise RefusedInput(
            f"surrogates.{idle[0]}", f"one of {', '.join(modalities)}", idle[0], "add the modality"
        )
    records = with_site_records(section.get("records") or {})
    protocols = tuple(parse_protocol(text) for text in section["protocols"])
    if not protocols or not modalities:
        raise WrongUsage("burden: state at least one protocol and one modality")
    texts = [protocol.text for protocol in protocols]
    if len(set(texts)) < len(texts):
        raise WrongUsage(f"burden.protocols: expected each once, found {', '.join(texts)}")
    prescription = section.get("prescription_gy")
    if prescription is not None:
        positive("burden.prescription_gy", prescription)
    draws = int(section.get("draws") or MINIMUM_DRAWS)
    return BurdenQuestion(
        protocols,
        modalities,
        records,
        one_money(_amounts(records, modalities)),
        whole("target.fractions", fractions),
        ctv_radius_mm=ctv_radius_mm,
        prescription_gy=prescription,
        regions=_regions(section.get("regions") or {}),
        sites=dict(section.get("sites") or {}),
        situations=check_situations(section.get("situations") or {}),
        criteria=check_criteria(section.get("criteria") or BurdenQuestion.criteria, OUTCOMES),
        willingness_to_pay=tuple(
            float(non_negative("burden.willingness_to_pay", value))
            for value in section.get("willingness_to_pay") or ()
        ),
        draws=whole("burden.draws", draws, at_least=MINIMUM_DRAWS),
        seed=seed,
        level=level,
    )


def _amounts(records: Mapping[str, Record], modalities: Mapping[str, str]) -> list[Record]:
    """The amounts in use, the site's own first: what differs from them is what gets named."""
    scopes = ("site.", "toxicity.", *(f"{name}." for name in modalities))
    measured = tuple(f"{name}." for name in modalities if f"{name}.cost_per_image" in records)
    used = [
        record
        for key, record in records.items()
        # A measured cost of an image takes the place of the capital behind it.
        if key.startswith(scopes) and not (key.startswith(measured) and "capital" in key)
    ]
    return sorted(used, key=lambda record: record.status != "site")


def _regions(stated: Mapping[str, str]) -> dict[str, str]:
    for group, region in stated.items():
        if region not in REGIONS:
            raise OutOfRange(f"burden.regions.{group}", f"one of {', '.join(REGIONS)}", region)
    return dict(stated)
