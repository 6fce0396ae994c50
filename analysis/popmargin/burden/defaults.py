"""The shipped records of every imaging modality and of a site, and what a site puts over them.

Assumptions and limits: most rows are recalled defaults; each keeps its source and status. A site's
own record replaces a default as a whole; nothing is mixed. Staff and machine costs have no
default: they differ too much between countries to be guessed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from popmargin.burden.record import DISTRIBUTIONS, MONEY, Record
from popmargin.core.exceptions import RefusedInput, WrongUsage
from popmargin.core.resources import csv_rows, resource_path

REGIONS: Final = ("brain", "head_and_neck", "breast", "thorax", "abdomen", "pelvis")
PROFESSIONS: Final = ("rtt", "physicist", "physician")
ORGAN_NAME: Final = re.compile("[a-z][a-z_]{0,40}")
"""How a single organ is written at the end of a key."""
# What may be stated beside the shipped keys; "money" stands for any currency.
_MODALITY_UNITS: Final = {
    "added_minutes": "min",
    **{f"{who}_minutes": "min" for who in PROFESSIONS},
    "qa_hours_per_month": "h",
    "training_hours": "h",
    "capital_cost": "money",
    "maintenance_share": "1",
    "consumable_cost": "money",
    "cost_per_image": "money",
    "residual_sd_mm": "mm",
    "organ_dose_mgy": "mGy",
    "effective_dose_msv": "mSv",
    "imaged_mass_kg": "kg",
}
_SITE_UNITS: Final = {
    **{f"{who}_cost_per_year": "money" for who in PROFESSIONS},
    **{f"{who}_minutes_per_year": "min" for who in PROFESSIONS},
    "machine_cost_per_year": "money",
    "machine_minutes_per_year": "min",
    "slot_minutes": "min",
    "treatment_minutes": "min",
    "treatment_sd_minutes": "min",
    "open_minutes_per_day": "min",
    "downtime_share": "1",
    "fractions_per_year": "1",
    "discount_rate": "1",
    "lifetime_years": "year",
    "rtt_count": "1",
    "beam_integral_dose_j": "J",
}
_TOXICITY_UNITS: Final = {
    "probability_per_mm": "1",
    "cost_per_event": "money",
    "qaly_loss_per_event": "QALY",
    "years_to_event": "year",
}


@dataclass(frozen=True, slots=True)
class Modality:
    """An imaging modality: what it can match on, best first, and what it sees."""

    name: str
    label: str
    surrogates: tuple[str, ...]
    sees: str
    status: str
    source: str


@cache
def imaging_modalities() -> Mapping[str, Modality]:
    """Every modality by its name.

    >>> imaging_modalities()["kv_cbct"].surrogates
    ('soft_tissue', 'bone')
    """
    return MappingProxyType(
        {
            row["modality"]: Modality(
                row["modality"],
                row["label"],
                tuple(row["surrogates"].split("|")),
                row["sees"],
                row["status"],
                row["source"],
            )
            for row in _rows("imaging_modalities.csv")
        }
    )


@cache
def default_records() -> Mapping[str, Record]:
    """The shipped records by their key.

    >>> default_records()["kv_cbct.added_minutes"].label
    'default, not validated'
    """
    return MappingProxyType(
        {
            row["key"]: _record(row["key"], row, row["status"])
            for row in _rows("imaging_records.csv")
        }
    )


def with_site_records(stated: Mapping[str, Mapping[str, Any]]) -> dict[str, Record]:
    """The shipped records with a site's own over them.

    Parameters
    ----------
    stated : key to {low, typical, high, unit, source} and, where they apply, currency, price_year,
        distribution, note and status (``site`` where none is given, ``assumed`` for a guess).

    Raises
    ------
    RefusedInput
        Naming the key, when it is unknown, its unit is another one, or a value cannot be.

    Examples
    --------
    >>> slot = {"low": 12, "typical": 15, "high": 20, "unit": "min", "source": "diary 2025"}
    >>> with_site_records({"site.slot_minutes": slot})["site.slot_minutes"].status
    'site'
    """
    own = {}
    for key, row in stated.items():
        wanted = _unit_of(key)
        unit = str(row.get("unit") or "")
        if unit != wanted and not (wanted == "money" and unit in MONEY):
            expected = f"one of {', '.join(MONEY)}" if wanted == "money" else wanted
            raise RefusedInput(f"{key}.unit", expected, unit or "none", "state it in this unit")
        own[key] = _record(key, row, str(row.get("status") or "site"))
    return dict(default_records()) | own


def check_modality(name: str) -> Modality:
    """The modality of that name; `WrongUsage` with the list of names when there is none.

    >>> check_modality("mvct").label
    'fan-beam MVCT'
    """
    if name not in imaging_modalities():
        known = ", ".join(imaging_modalities())
        raise WrongUsage(f"modality: no modality {name!r}; there are {known}")
    return imaging_modalities()[name]


def _unit_of(key: str) -> str:
    scope, _, rest = key.partition(".")
    parameter, _, part = rest.partition(".")
    if scope == "site" and rest in _SITE_UNITS:
        return _SITE_UNITS[rest]
    if scope == "toxicity" and rest in _TOXICITY_UNITS:
        return _TOXICITY_UNITS[rest]
    parts: tuple[str, ...] = ("",)
    if scope in imaging_modalities():
        if parameter == "residual_sd_mm":
            parts = imaging_modalities()[scope].surrogates
        elif parameter in ("organ_dose_mgy", "effective_dose_msv", "imaged_mass_kg"):
            parts = (*REGIONS, "any")
            # A single organ of a region: organ_dose_mgy.pelvis.rectum.
            region, _, organ = part.partition(".")
            if parameter == "organ_dose_mgy" and ORGAN_NAME.fullmatch(organ):
                part = region
        if parameter in _MODALITY_UNITS and part in parts:
            return _MODALITY_UNITS[parameter]
    expected = "site.<name>, toxicity.<name> or <modality>.<name>[.<surrogate or region>[.<organ>]]"
    raise RefusedInput(key, expected, "a key that does not exist", _remedy(scope, parameter, parts))


def _remedy(scope: str, parameter: str, parts: tuple[str, ...]) -> str:
    if scope in imaging_modalities():
        if parameter in _MODALITY_UNITS:
            return f"end it in one of {', '.join(parts)}" if parts != ("",) else "leave the end out"
        return f"names: {', '.join(_MODALITY_UNITS)}"
    names = {"site": _SITE_UNITS, "toxicity": _TOXICITY_UNITS}.get(scope)
    return f"names: {', '.join(names or imaging_modalities())}"


def _record(key: str, row: Mapping[str, Any], status: str) -> Record:
    numbers = {name: _number(key, name, row.get(name)) for name in ("low", "typical", "high")}
    unit = str(row.get("unit") or "")
    distribution = str(row.get("distribution") or _usual_distribution(unit, numbers))
    if distribution not in DISTRIBUTIONS:
        expected = f"one of {', '.join(DISTRIBUTIONS)}"
        raise RefusedInput(f"{key}.distribution", expected, distribution, "choose one of them")
    year = row.get("price_year")
    return Record(
        key,
        **numbers,
        unit=unit,
        source=str(row.get("source") or ""),
        status=status,
        distribution=distribution,
        currency=str(row["currency"]) if row.get("currency") else None,
        price_year=int(year) if year else None,
        note=str(row.get("note") or ""),
    )


def _usual_distribution(unit: str, numbers: Mapping[str, float]) -> str:
    """Doses LogNormal, shares Beta, else Gamma; PERT where a typical value of 0 rules them out."""
    if numbers["typical"] == 0 or (unit == "1" and numbers["high"] > 1):
        return "pert"
    return {"mGy": "lognormal", "mSv": "lognormal", "1": "beta"}.get(unit, "gamma")


def _number(key: str, name: str, value: Any) -> float:
    if value is None or value == "":
        raise RefusedInput(f"{key}.{name}", "a number", "none", "state it")
    return float(value)


@cache
def _rows(table: str) -> tuple[dict[str, str], ...]:
    return csv_rows(resource_path("reference", table))
