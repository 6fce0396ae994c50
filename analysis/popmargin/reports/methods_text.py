"""The methods paragraph of a study: what was done, in words ready to paste, with its references.

Filled in from the config and the versions that ran; nothing that was not done is mentioned.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from popmargin.margins.registry import RECIPES
from popmargin.protocols import PROTOCOLS
from popmargin.reports.numbers import count, percent
from popmargin.reports.references import Reference, bibliography

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
        "one-way random-effects analysis of variance [{searle1992}], which takes out of the "
        "spread of patient means the share that the random error leaves in a finite number of "
        "fractions; the conventional estimates [{vanherk2004}] are given beside them",
        ("searle1992", "vanherk2004"),
    ),
    "reml": (
        "restricted maximum likelihood in the one-way random-effects model [{searle1992}]; the "
        "conventional estimates [{vanherk2004}] are given beside them",
        ("searle1992", "vanherk2004"),
    ),
    "conventional": (
        "the conventional definitions [{vanherk2004}] (SD of the patient means, and the average "
        "of the patients' SDs), which leave a share of the random error in the systematic error",
        ("vanherk2004",),
    ),
}
_INTERVALS: Final = (
    "Two-sided {level} intervals are Student t intervals for M, generalised (fiducial) intervals "
    "for Σ and for margins [{weerahandi1995}, {thomas1978}], and a jackknife over patients of the "
    "logarithm of the variance for σ [{miller1968}, {efron1982}]."
)


@dataclass(frozen=True, slots=True)
class MethodsText:
    """The paragraphs, and the references in the order of their numbers."""

    paragraphs: Sequence[str]
    references: Sequence[Reference]


def describe_methods(
    study: Mapping[str, Any], provenance: Mapping[str, Any], recipes: Sequence[str]
) -> MethodsText:
    """Methods paragraph of a study.

    Parameters
    ----------
    study : as in the config (``errors``, ``margins``, ``confidence_level``, ``seed``, ``sources``).
    provenance : of which ``popmargin``, ``python`` and ``config_sha256`` are read.
    recipes : names of the recipes whose margins are shown.
    """
    errors = study.get("errors") or {}
    estimator = str(errors.get("estimator", "anova"))
    how, cited = _ESTIMATOR.get(estimator, _ESTIMATOR["anova"])
    keys = [*cited, "weerahandi1995", "thomas1978", "miller1968", "efron1982"]
    numbers = {key: str(place) for place, key in enumerate(dict.fromkeys(keys), start=1)}
    level = percent(float(study.get("confidence_level", 0.95)))
    estimating = (
        "The group mean M, the systematic error Σ (SD between patients) and the random error σ "
        f"(SD within patients) were estimated per axis by {how.format(**numbers)}. The unit was "
        f"patient, course and plan. {_INTERVALS.format(level=level, **numbers)}"
    )
    paragraphs = [_data(study, errors), estimating]
    if recipes:
        paragraphs.append(_margins(study, recipes))
    if (study.get("replay") or {}).get("protocols"):
        paragraphs.append(_replay(study["replay"], study.get("protocol_in_use")))
    paragraphs.append(_software(study, provenance))
    return MethodsText(paragraphs, bibliography(keys))


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
        f"{name}, {RECIPES[name].formula} ({RECIPES[name].source})" if name in RECIPES else name
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
