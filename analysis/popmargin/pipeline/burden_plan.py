"""How the burden of a study replays its protocols, from the values of its config."""

from collections.abc import Mapping
from typing import Any

from popmargin.burden.strategies import ReplayOptions
from popmargin.margins.coverage_question import recipe_options
from popmargin.protocols.parse import parse_protocol


def replay_options(margins: Mapping[str, Any], estimating: Mapping[str, Any]) -> ReplayOptions:
    """Options of the replay.

    Parameters
    ----------
    margins : section of the config; the first recipe counts.
    estimating : ``estimator``, ``random`` and ``in_use``, the protocol in use or ``None``.

    Examples
    --------
    >>> margins = {"recipes": ["stroom"], "fractions": None, "penumbra_sd_mm": 3.2,
    ...     "dose_level": 0.95, "population": 0.9}
    >>> how = {"estimator": "anova", "random": "rms", "in_use": "nal:images=3"}
    >>> replay_options(margins, how).in_use.name
    'nal'
    """
    return ReplayOptions(
        recipe=margins["recipes"][0],
        recipe_options=recipe_options(margins),
        fractions=margins["fractions"],
        estimator=estimating["estimator"],
        random=estimating["random"],
        in_use=parse_protocol(estimating["in_use"]) if estimating["in_use"] else None,
    )
