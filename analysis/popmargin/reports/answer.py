"""The answer block: per group the margin, its interval, what it covers, and what is in the way."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import polars as pl

from popmargin.core.axes import AXIS_LABELS, TRANSLATIONS
from popmargin.margins.error_budget import margin_name
from popmargin.reports.coverage_section import coverage_sentence
from popmargin.reports.group_mean import group_mean_sentence
from popmargin.reports.numbers import count, number, percent, reason_text

Row = Mapping[str, Any]
NOT_STATED: Final = "not stated"
_MEANING: Final = {
    "set-up error before correction only": (
        "This is the set-up component without image guidance. It is not a PTV margin: "
        "delineation, organ motion, motion during treatment and whatever image guidance takes "
        "away or leaves are not in it."
    ),
    "residual error after correction only": (
        "This is what was left after correction when the image was taken. It is not a PTV margin: "
        "delineation and motion during treatment are not in it."
    ),
}
_COMPARE: Final = (
    " The margin in use may rest on image guidance and hold further errors: compare with care."
)
_OTHERWISE: Final = (
    "This is not a PTV margin: it covers only the errors named here, and the study's error budget "
    "is not declared complete."
)


@dataclass(frozen=True, slots=True)
class AnswerAxis:
    """The answer on one axis, ready to print."""

    label: str
    margin: str
    interval: str
    present: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer for one group, ready to print."""

    group: str
    sample: str
    heading: str
    axes: tuple[AnswerAxis, ...]
    withheld: str
    recipe: str
    level: str
    covers: str
    meaning: str
    sentence: str
    coverage: str = ""
    off_centre: str = ""


def answers(
    margins: pl.DataFrame,
    study: Mapping[str, Any],
    coverage: pl.DataFrame | None = None,
    errors: pl.DataFrame | None = None,
) -> list[Answer]:
    """One answer per group, for the recommended recipe.

    Parameters: a table after the contract ``margins``; ``study`` as in the config, of which
    ``margins.recipes`` (the first is recommended), ``error_budget.complete`` and
    ``present_margin_mm`` are read; tables after the contracts ``margin_coverage`` and
    ``population_errors``, where there are such.
    """
    recipe = recommended_recipe(margins, study)
    rows = margins.filter(recipe=recipe).rows(named=True)
    groups = dict.fromkeys(row["group"] for row in rows)
    found = [_answer({r["axis"]: r for r in rows if r["group"] == g}, study) for g in groups]
    if coverage is not None:
        found = [replace(a, coverage=coverage_sentence(coverage, a.group, recipe)) for a in found]
    if errors is None:
        return found
    by = {row["group"]: row["estimator"] for row in rows}
    return [replace(a, off_centre=group_mean_sentence(errors, a.group, by[a.group])) for a in found]


def recommended_recipe(margins: pl.DataFrame, study: Mapping[str, Any]) -> str:
    """The first recipe that the study names and the table holds, else the table's first."""
    present = margins["recipe"].unique(maintain_order=True).to_list()
    named = (study.get("margins") or {}).get("recipes") or []
    return next((name for name in [*named, *present] if name in present), "")


def is_ptv_margin(covers: str, study: Mapping[str, Any]) -> bool:
    """Whether a margin may be called a PTV margin.

    Only when the study declares its error budget complete, and never where the margin itself says
    that it covers one kind of error only.

    >>> complete = {"error_budget": {"complete": True}}
    >>> is_ptv_margin("set-up error before correction only, matched on bone", complete)
    False
    """
    declared = bool((study.get("error_budget") or {}).get("complete"))
    return declared and covers != NOT_STATED and not re.search(r"\bonly\b", covers)


def _answer(rows: Mapping[str, Row], study: Mapping[str, Any]) -> Answer:
    first = next(iter(rows.values()))
    present = study.get("present_margin_mm") or {}
    given = all(rows.get(a, {}).get("margin_mm") is not None for a in TRANSLATIONS)
    reasons = dict.fromkeys(
        reason_text(row.get("reason")) for row in rows.values() if row["margin_mm"] is None
    )
    fractions = max((row.get("n_fractions") or 0 for row in rows.values()), default=0)
    patients = max((row.get("n_patients") or 0 for row in rows.values()), default=0)
    covers = str(first.get("covers") or NOT_STATED)
    complete = is_ptv_margin(covers, study)
    return Answer(
        group=first["group"],
        sample=f"{count(patients)} patients, {count(fractions)} fractions",
        heading=margin_name(complete),
        axes=tuple(_axis(a, rows.get(a, {}), present.get(a)) for a in TRANSLATIONS),
        withheld="; ".join(reasons),
        recipe=str(first["recipe"]),
        level=percent(first["confidence_level"]) if first.get("confidence_level") else "",
        covers=covers,
        meaning="" if complete else _meaning(covers) + (_COMPARE if present else ""),
        sentence=_sentence(rows, patients) if given else "",
    )


def _meaning(covers: str) -> str:
    return next(
        (words for start, words in _MEANING.items() if covers.startswith(start)), _OTHERWISE
    )


def _axis(axis: str, row: Row, present: float | None) -> AnswerAxis:
    margin, low, high = (row.get(f"margin{end}_mm") for end in ("", "_low", "_high"))
    return AnswerAxis(
        label=AXIS_LABELS[axis],
        margin=number(margin, missing="none given" if row else "not measured"),
        interval="" if low is None or high is None else f"{number(low)} to {number(high)} mm",
        present="" if present is None else f"in use: {number(present)} mm",
        verdict=_verdict(present, low, high),
    )


def _verdict(present: float | None, low: float | None, high: float | None) -> str:
    """Where the margin in use lies; a comparison of sizes, not of what they cover."""
    if present is None or low is None or high is None:
        return ""
    if present < low:
        return "below the interval"
    return "above the interval" if present > high else "within the interval"


def _sentence(rows: Mapping[str, Row], patients: int) -> str:
    """One sentence without a symbol."""
    ordered = [(AXIS_LABELS[axis], rows[axis]) for axis in TRANSLATIONS]
    sizes = [f"{number(row['margin_mm'])} mm {label}" for label, row in ordered]
    ranges = [
        f"{number(row['margin_low_mm'])} to {number(row['margin_high_mm'])} mm"
        for _, row in ordered
        if row.get("margin_low_mm") is not None and row.get("margin_high_mm") is not None
    ]
    room = f"; the data leave room for {_and(ranges)}" if len(ranges) == len(ordered) else ""
    like = f"If future patients are like these {count(patients)}"
    return f"{like}, about {_and(sizes)} are called for{room}."


def _and(parts: list[str]) -> str:
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
