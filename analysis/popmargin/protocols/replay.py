"""Replay of correction protocols on logged errors: what would have been left, at what effort.

Assumptions: the errors were logged before correction (or what was carried is added back); the
protocol would not have changed them. The systematic and random SD after a protocol are estimated
like any other, with the same intervals. Two phases are told apart: ``course``, all logged
fractions, and ``settled``, those after the protocol has learnt.

Limits: a margin from these rows covers the set-up error that the protocol leaves and nothing
else; what an online correction itself leaves is inside only when a residual is stated. Corrected
errors are not exactly normal, least of all below a threshold: there the intervals of the
systematic SD and of the margin hold 99 % rather than 95 %. All others hold their level (simulated:
``benchmarks/replay_interval_coverage.py``; a percentile bootstrap does not), that of the random SD
of a whole course because it knows the rule (`popmargin.protocols.random_interval`).
"""

from collections.abc import Mapping, Sequence

import polars as pl

from popmargin.core.checks import non_negative
from popmargin.core.exceptions import WrongUsage
from popmargin.core.flags import Flag
from popmargin.errors.quantity import Estimator, RandomEstimator
from popmargin.margins.coverage_question import CoverageQuestion
from popmargin.margins.recipe import Recipe
from popmargin.margins.registry import find_recipe
from popmargin.protocols.courses import Courses
from popmargin.protocols.protocol import Protocol
from popmargin.protocols.replayed import replay_each
from popmargin.protocols.replayed_rows import replayed_rows
from popmargin.protocols.with_coverage import with_coverage


def replay_protocols(
    courses: Courses,
    protocols: Sequence[Protocol],
    *,
    recipe: str | Sequence[str] = "van_herk",
    recipe_options: Mapping[str, float] | None = None,
    estimator: Estimator = "anova",
    random: RandomEstimator = "rms",
    residual_sd_mm: float = 0.0,
    fractions: int | None = None,
    minutes_per_image: float | None = None,
    minutes_per_correction: float | None = None,
    level: float = 0.95,
    seed: int = 1,
    question: CoverageQuestion | None = None,
    withheld: bool = False,
) -> tuple[pl.DataFrame, list[Flag]]:
    """Population errors, margin and effort of each protocol, phase and axis.

    Parameters
    ----------
    courses : uncorrected errors, from `popmargin.protocols.courses.courses_from_shifts`.
    protocols : from `popmargin.protocols.parse.parse_protocol`, no two of them equal.
    recipe, recipe_options, fractions : margin recipe or recipes, their options (each must be taken
        by one of them) and the fractions of the course (see `popmargin.margins.recipe.Recipe`).
    estimator, random : as in `popmargin.errors.quantity.estimate_quantity`.
    residual_sd_mm : residual (mm, >= 0) of online corrections for protocols that state none.
    minutes_per_image, minutes_per_correction : what an image and a correction of the couch take
        (min, >= 0); no minutes are given unless both are.
    level, seed : confidence level of all intervals, and the seed of their draws.
    question : target and course that coverage is wanted for, its first recipe among those named;
        ``None`` gives none.
    withheld : a blocking flag of the log stands: no margin is given.

    Returns
    -------
    rows : one per protocol, phase, axis and recipe: ``protocol``, ``axis``, ``phase``,
        ``n_patients``, ``n_units``, ``n_fractions``, ``estimator``, ``group_mean_mm``,
        ``systematic_sd_mm``, ``random_sd_mm``, ``margin_mm`` with ``_low``, ``_high`` and (but for
        the mean) ``_upper`` before ``_mm``, ``systematic_variance_untruncated_mm2``, ``recipe``,
        ``fractions``, ``covers``; ``expected_systematic_sd_mm``, ``expected_random_sd_mm`` and
        ``expected_margin_mm`` with their ``expectation`` (``exact`` or ``simulated``), see
        `popmargin.protocols.expectation`; ``images_per_patient``, ``corrections_per_patient`` (of
        that axis), ``couch_corrections_per_patient`` (of any axis), ``postponed_per_patient`` and
        ``minutes_per_patient``, all of the whole logged course; ``confidence_level``, and
        ``reason`` where something is not estimable (null); with a ``question`` the columns of
        `popmargin.protocols.with_coverage`.
    flags : what the reader must know.

    Raises
    ------
    WrongUsage
        When no protocol is given, one is given twice, a recipe or option does not exist, or
        ``residual_sd_mm`` meets a protocol that states a clip.
    OutOfRange
        When minutes are negative.

    Examples
    --------
    >>> from popmargin.protocols.courses import courses_from_arrays
    >>> from popmargin.protocols.parse import parse_protocol
    >>> errors = [[[m + r, 0, 0] for r in (1, -1, 0, 1, -1)] for m in (-3, 0, 3)]
    >>> rows, flags = replay_protocols(courses_from_arrays(errors), [parse_protocol("nal")])
    >>> rows.filter(axis="lr", phase="settled")["systematic_sd_mm"].to_list()
    [0.0]
    """
    texts = [protocol.text for protocol in protocols]
    if not texts or len(set(texts)) < len(texts):
        found = ", ".join(texts) or "none"
        raise WrongUsage(f"protocols: expected at least one and each once, found {found}")
    recipes = find_recipes(recipe, recipe_options or {})
    each = list(
        replay_each(
            courses,
            protocols,
            residual_sd_mm=residual_sd_mm,
            estimator=estimator,
            random=random,
            level=level,
            seed=seed,
            keep_errors=question is not None,
        )
    )
    rows, flags, row_flags = replayed_rows(
        courses,
        each,
        recipes,
        recipe_options=recipe_options,
        estimator=estimator,
        fractions=fractions,
        minutes=minutes_each(minutes_per_image, minutes_per_correction),
        seed=seed,
        withheld=withheld,
    )
    if question is not None:
        rows = with_coverage(rows, each, courses, question, withheld=withheld)
    return rows, flags + row_flags


def find_recipes(recipe: str | Sequence[str], options: Mapping[str, float]) -> list[Recipe]:
    """Recipes by name; `WrongUsage` when one, or an option that none of them takes, is unknown.

    >>> [found.name for found in find_recipes("stroom", {})]
    ['stroom']
    """
    names = [recipe] if isinstance(recipe, str) else list(recipe)
    recipes = [find_recipe(name) for name in names]
    taken = frozenset[str]().union(*(found.options for found in recipes))
    recipes[0].check_options({key: options[key] for key in options if key not in taken})
    return recipes


def minutes_each(image: float | None, correction: float | None) -> tuple[float, float] | None:
    """Minutes of an image and of a correction, ``None`` unless both are stated (>= 0).

    >>> minutes_each(4, 1), minutes_each(4, None)
    ((4.0, 1.0), None)
    """
    if image is None or correction is None:
        return None
    checked = (
        non_negative("minutes_per_image", image),
        non_negative("minutes_per_correction", correction),
    )
    return float(checked[0]), float(checked[1])
