"""The methods paragraph of a study: what was done, in words ready to paste, with its references.

Filled in from the config, the result tables and the versions that ran; nothing that was not done
is mentioned. A mark ``[@key]`` names a reference and becomes its number, in the order of the text.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from popmargin.margins.registry import RECIPES
from popmargin.protocols import PROTOCOLS
from popmargin.reports.methods_findings import Tables, cohort_words, finding_paragraphs
from popmargin.reports.numbers import count, percent
from popmargin.reports.references import REFERENCES, Reference, bibliography

_TIMING: Final = {
    "before_correction": "taken before correction",
    "after_correction": "taken after correction",
    "during_treatment": "taken during treatment",
    "after_treatment": "taken after treatment",
}
_IMAGE: Final = {
    "first": "The first such image of each fraction was used.",
    "last": "The last such image of each fraction was used.",
    "mean": "The mean of such images of each fraction was used.",
}
_ESTIMATOR: Final = {
    "anova": (
        "one-way random-effects analysis of variance [@searle1992], which takes out of the "
        "spread of patient means the share that the random error leaves in a finite number of "
        "fractions; the conventional estimates [@vanherk2004] are given beside them"
    ),
    "reml": (
        "restricted maximum likelihood in the one-way random-effects model [@searle1992]; the "
        "conventional estimates [@vanherk2004] are given beside them"
    ),
    "conventional": (
        "the conventional definitions [@vanherk2004] (SD of the patient means, and the average "
        "of the patients' SDs), which leave a share of the random error in the systematic error"
    ),
}
_INTERVALS: Final = (
    "Two-sided {level} intervals are Student t intervals for M, generalised (fiducial) intervals "
    "for Σ and for margins [@weerahandi1995, @thomas1978], and a jackknife over patients of the "
    "logarithm of the variance for σ [@miller1968, @efron1982]."
)
# Recipes whose article is among the references; the others name their source in the sentence.
_RECIPE_REFERENCE: Final = {
    "van_herk": "vanherk2000",
    "van_herk_linear": "vanherk2000",
    "van_herk_tcp": "vanherk2002",
    "stroom": "stroom1999",
}
_MARKS: Final = re.compile(r"\[(@[a-z]+\d{4}(?:, @[a-z]+\d{4})*)\]")


@dataclass(frozen=True, slots=True)
class MethodsText:
    """The paragraphs, and the references in the order of their numbers."""

    paragraphs: Sequence[str]
    references: Sequence[Reference]


def describe_methods(
    study: Mapping[str, Any],
    provenance: Mapping[str, Any],
    recipes: Sequence[str],
    tables: Tables | None = None,
) -> MethodsText:
    """Methods paragraph of a study.

    Parameters
    ----------
    study : as in the config (``errors``, ``margins``, ``confidence_level``, ``seed``, ``sources``).
    provenance : of which ``popmargin``, ``python`` and ``config_sha256`` are read.
    recipes : names of the recipes whose margins are shown.
    tables : result tables by name, which tell what else was done and of whom.
    """
    errors = study.get("errors") or {}
    how = _ESTIMATOR.get(str(errors.get("estimator", "anova")), _ESTIMATOR["anova"])
    level = percent(float(study.get("confidence_level", 0.95)))
    estimating = (
        "The group mean M, the systematic error Σ (SD between patients) and the random error σ "
        f"(SD within patients) were estimated per axis by {how}. The unit was "
        f"patient, course and plan. {_INTERVALS.format(level=level)}"
    )
    paragraphs = [_data(study, errors) + cohort_words(study, tables or {}), estimating]
    if recipes:
        paragraphs.append(_margins(study, recipes))
    paragraphs += finding_paragraphs(study, tables or {})
    if (study.get("replay") or {}).get("protocols"):
        paragraphs.append(_replay(study["replay"], study.get("protocol_in_use")))
    paragraphs.append(_software(study, provenance))
    return _numbered(paragraphs)


def _numbered(paragraphs: Sequence[str]) -> MethodsText:
    """Marks as numbers, in the order of their first place; a mark that data brought in stays."""
    found = [key for text in paragraphs for mark in _MARKS.findall(text) for key in _keys(mark)]
    numbers = {key: place for place, key in enumerate(dict.fromkeys(found), start=1)}

    def number(mark: re.Match[str]) -> str:
        keys = _keys(mark[1])
        return f"[{', '.join(str(numbers[key]) for key in keys)}]" if keys else mark[0]

    return MethodsText([_MARKS.sub(number, text) for text in paragraphs], bibliography(numbers))


def _keys(mark: str) -> list[str]:
    return [key for key in mark.replace("@", "").split(", ") if key in REFERENCES]


def _data(study: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    made = [s for s in study.get("sources") or [] if isinstance(s, Mapping) and s.get("synthetic")]
    origin = (
        f" {count(len(made))} of the sources are synthetic cohorts built to published figures."
        if made
        else ""
    )
    surrogate = errors.get("surrogate")
    matched = f", matched on {str(surrogate).replace('_', ' ')}" if surrogate else ""
    columns = errors.get("group_by") or []
    groups = f" Groups were formed by {', '.join(columns)}." if columns else ""
    return (
        "Position errors are those of the patient against the plan in patient axes (+ left, "
        f"superior, anterior), from images {_TIMING[errors.get('timing', 'before_correction')]}"
        f"{matched}. {_IMAGE[errors.get('image', 'first')]}{groups}{origin}"
    )


def _margins(study: Mapping[str, Any], recipes: Sequence[str]) -> str:
    options = study.get("margins") or {}
    named = "; ".join(
        f"{name}, {RECIPES[name].formula} {_source(name)}" if name in RECIPES else name
        for name in recipes
    )
    settings = [
        f"{words} {percent(float(options[key])) if key != 'penumbra_sd_mm' else options[key]}"
        for key, words in (
            ("population", "share of patients"),
            ("dose_level", "dose level"),
            ("penumbra_sd_mm", "penumbra SD in mm"),
        )
        if options.get(key) is not None
    ]
    stated = f" Where a recipe takes them: {', '.join(settings)}." if settings else ""
    fractions = options.get("fractions")
    course = f" Margins are for {count(fractions)} fractions." if fractions else ""
    return f"Margins (S = Σ, s = σ, mm): {named}.{stated}{course}"


def _source(recipe: str) -> str:
    key = _RECIPE_REFERENCE.get(recipe)
    return f"[@{key}]" if key else f"({RECIPES[recipe].source})"


def _replay(replay: Mapping[str, Any], in_use: object) -> str:
    named = "; ".join(
        f"{text}, {PROTOCOLS[name].description} ({PROTOCOLS[name].source})"
        for text, name in ((text, str(text).partition(":")[0]) for text in replay["protocols"])
        if name in PROTOCOLS
    )
    state = f"with {in_use} in use" if in_use else "with no stated protocol in use"
    residuals = (replay.get("registration_sd_mm") or 0, replay.get("couch_sd_mm") or 0)
    left = (
        f" Online corrections were taken to leave a registration error of {residuals[0]:g} mm and "
        f"a couch error of {residuals[1]:g} mm (SD per axis, added as variances)."
        if any(residuals)
        else " What an online correction itself leaves was not counted."
    )
    return (
        f"Correction protocols were replayed on the errors logged {state}, carried corrections "
        f"added back: {named}.{left} Their residual errors were estimated like any other."
    )


def _software(study: Mapping[str, Any], provenance: Mapping[str, Any]) -> str:
    version, python = provenance.get("popmargin"), provenance.get("python")
    ran = f"popmargin {version}" if version else "popmargin"
    on = f" on Python {python}" if python else ""
    digest = provenance.get("config_sha256")
    config = f", config SHA-256 {str(digest)[:16]}" if digest else ""
    seed = study.get("seed", provenance.get("seed"))
    drawn = f", seed {seed}" if seed is not None else ""
    return f"Computed with {ran}{on}{drawn}{config}; a research tool, not a medical device."
