r"""Interval of the random SD over a whole course under an offline rule, which makes steps.

An offline correction moves the patient once or a few times, by what it learnt: the step goes into
the patient's random error, so that the random errors of patients differ by a skewed amount that ten
patients cannot show. The interval of `popmargin.statistics.within_interval`, which only looks at
the patients, then holds 91 to 93 % where it says 95 %. But the rule is known: it is replayed on
simulated cohorts that were logged like the real one, each with M, Sigma and sigma drawn from their
generalised distribution. With S2_b the pooled variance left in cohort b and g its expectation (a
linear fit on sigma^2, Sigma^2 and M^2 over the cohorts), the ratio R_b = S2_b / g_b is the pivot:

.. math:: \sigma^2 \in \Bigl[ S^2 / R_{(1 + \gamma) / 2},\; S^2 / R_{(1 - \gamma) / 2} \Bigr]

The interval given spans this one and that from the patients, so that neither unequal patients nor
rare large steps make it too narrow. Measured coverage of 95 %: 94 to 97 % in 10 to 50 patients
(``benchmarks/replay_interval_coverage.py``).

Assumptions: uncorrected errors normal and independent in the simulated part; the weights of
`nal_shrunk` are those of known population errors. Limits: of a large cohort some units stand for
all, the logarithm of R shrunk by the root of their share.

Source: generalised pivotal quantities, Weerahandi S, Exact Statistical Methods for Data Analysis,
Springer 1995; the ratio by parametric simulation, Davison AC, Hinkley DV, Bootstrap Methods and
their Application, Cambridge 1997, chapter 5; the union of both is ours.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from popmargin.core.axes import TRANSLATIONS
from popmargin.core.exceptions import NotEstimable
from popmargin.core.random_streams import random_stream
from popmargin.errors.population import AxisEstimate
from popmargin.protocols.apply import COURSE, Applied, apply_protocol
from popmargin.protocols.courses import Courses
from popmargin.protocols.parse import parse_protocol
from popmargin.protocols.phase import phase_data
from popmargin.protocols.protocol import Floats, Protocol, Whole
from popmargin.statistics.generalised_interval import generalised_draws
from popmargin.statistics.interval import Interval

COHORTS: Final = 250
_ROWS: Final = 75_000
_FEWEST_UNITS: Final = 10


def makes_steps(protocol: Protocol, applied: Applied) -> bool:
    """Whether the rule corrects offline and settles only within the course.

    >>> from popmargin.protocols.courses import courses_from_arrays
    >>> course = courses_from_arrays([[[4, 0, 0]] * 4])
    >>> protocols = [parse_protocol(text) for text in ("nal", "daily", "kalman")]
    >>> others = np.ones((1, 3, 3))
    >>> [makes_steps(p, apply_protocol(p, course, others)) for p in protocols]
    [True, False, False]
    """
    unsettled = (applied.sizes[:, 0] != applied.sizes[:, 1]).any()
    return protocol.kind.corrects == "offline" and bool(unsettled)


def with_step_intervals(
    estimates: Sequence[AxisEstimate],
    protocol: Protocol,
    courses: Courses,
    applied: Applied,
    *,
    seed: int = 1,
) -> list[AxisEstimate]:
    """Estimates whose whole-course interval of the random SD knows the steps of the rule.

    Parameters
    ----------
    estimates : of a replayed protocol, every phase and axis (column ``phase``).
    protocol, courses, applied : the rule, the uncorrected errors, and what it left of them.
    seed : of the simulated cohorts.

    Returns
    -------
    The same estimates, in their order; those of the settled phase, and all where the rule makes no
    steps or the uncorrected errors are not estimable, unchanged.
    """
    if not estimates or not makes_steps(protocol, applied):
        return list(estimates)
    try:
        ratios = variance_ratios(protocol, courses, seed=seed)
    except NotEstimable:
        return list(estimates)
    return [
        _widened(item, ratios[:, TRANSLATIONS.index(item.axis)])
        if item.source.columns["phase"] == "course"
        else item
        for item in estimates
    ]


def variance_ratios(
    protocol: Protocol, courses: Courses, *, seed: int = 1, compiled: bool = False
) -> Floats:
    """Pooled variance left in simulated cohorts over its expectation: (`COHORTS`, 3).

    Parameters
    ----------
    protocol, courses : the rule and the cohort whose design and errors the simulated ones have.
    seed : of the draws; compiled : the rule, worth it for very many calls.

    Raises
    ------
    NotEstimable
        When Sigma and sigma of the uncorrected errors have no generalised distribution.

    Examples
    --------
    >>> from popmargin.protocols.courses import courses_from_arrays
    >>> errors = np.random.default_rng(1).normal(0, 2, (10, 8, 3))
    >>> ratios = variance_ratios(parse_protocol("nal"), courses_from_arrays(errors))
    >>> bool(abs(np.median(ratios) - 1) < 0.1)
    True
    """
    rng = random_stream(seed, "step intervals")
    means, between, within, ranks = _parameters(courses, rng, seed)
    design = _thinned(courses)
    units, rows = design.unit_count, design.fraction.size
    shape = (COHORTS, 1, 3)
    # Sigma and sigma in two steps: one draw a unit, one a row.
    scores = rng.standard_normal((COHORTS, units, 3))[..., ranks]
    systematic = means.reshape(shape) + between.reshape(shape) * scores
    errors = np.repeat(systematic, design.sizes, axis=1)
    errors += within.reshape(shape) * rng.standard_normal((COHORTS, rows, 3))[..., ranks]
    starts = np.arange(COHORTS)[:, None] * rows + design.offsets[:-1]
    simulated = Courses(
        errors.reshape(-1, 3),
        np.tile(design.fraction, COHORTS),
        np.append(starts.ravel(), COHORTS * rows),
        np.arange(COHORTS * units),
    )
    others = np.repeat(np.stack([means, between**2, within**2], axis=1), units, axis=0)
    left = apply_protocol(protocol, simulated, others, compiled=compiled)
    pooled = left.squares[:, COURSE].reshape(COHORTS, units, 3).sum(axis=1) / (rows - units)
    found = np.ones((COHORTS, 3))
    for axis in range(3):
        terms = np.stack([part[:, axis] ** 2 for part in (within, between, means)], axis=1)
        seen = pooled[:, axis]
        if not (seen > 0).all():
            continue
        factors, *_ = np.linalg.lstsq(terms / seen[:, None], np.ones(COHORTS), rcond=None)
        expected = terms @ factors
        # A fit without a positive value tells nothing: the ratio then stays 1.
        usable = expected > 0
        found[usable, axis] = seen[usable] / expected[usable]
    return np.asarray(found ** np.sqrt(units / courses.unit_count))


def _parameters(
    courses: Courses, rng: np.random.Generator, seed: int
) -> tuple[Floats, Floats, Floats, Whole]:
    """M, Sigma and sigma of the simulated cohorts, each (`COHORTS`, 3), and ranks of the axes.

    Draws belong to the axis of that rank in sigma, and M counts by its size alone: neither the
    names of axes nor the direction that counts as positive show in an interval.
    """
    logged = apply_protocol(parse_protocol("no_imaging"), courses)
    axes = [phase_data(logged, COURSE, axis) for axis in range(3)]
    every = [data for data in axes if data is not None]
    if len(every) < len(axes):
        raise NotEstimable("no unit has a fraction")
    found = [generalised_draws(data, seed=seed, draws=COHORTS) for data in every]
    ranks = np.argsort(np.argsort([draws.within_sd.sum() for draws in found]))
    # The points of all axes come in one order: shuffled, the axes are independent.
    orders = np.argsort(rng.random((3, COHORTS)), axis=1)[ranks]
    between, within = (
        np.stack([getattr(draws, name)[order] for draws, order in zip(found, orders, strict=True)])
        for name in ("between_sd", "within_sd")
    )
    spread = between**2 + within**2 * (1.0 / courses.sizes).mean()
    middle = np.abs(logged.means[:, COURSE].mean(axis=0))[:, None]
    scores = rng.standard_normal((3, COHORTS))[ranks]
    means = middle + np.sqrt(spread / courses.unit_count) * scores
    return means.T, between.T, within.T, ranks


def _thinned(courses: Courses) -> Courses:
    """The design, or evenly chosen units of it where all would be too many rows to simulate."""
    wanted = max(_ROWS * courses.unit_count // (COHORTS * courses.fraction.size), _FEWEST_UNITS)
    if wanted >= courses.unit_count:
        return courses
    kept = np.unique(np.linspace(0, courses.unit_count - 1, wanted).astype(int))
    sizes = courses.sizes[kept]
    offsets = np.r_[0, np.cumsum(sizes)]
    source = np.arange(offsets[-1]) + np.repeat(courses.offsets[kept] - offsets[:-1], sizes)
    return Courses(
        courses.errors_mm[source], courses.fraction[source], offsets, np.arange(kept.size)
    )


def _widened(item: AxisEstimate, ratios: Floats) -> AxisEstimate:
    """The estimate whose interval of the random SD also spans that of the ratios."""
    estimate = item.estimate
    value, limits = estimate.random_sd, estimate.random
    if value is None or limits is None:
        return item
    return replace(item, estimate=replace(estimate, random=spanning(limits, value, ratios)))


def spanning(limits: Interval, random_sd_mm: float, ratios: Floats) -> Interval:
    """An interval of the random SD made to span that of the ratios, too.

    Parameters: the interval, the SD that it is of, and ``ratios`` of variances.

    >>> found = spanning(Interval(1.9, 2.2, 2.1, 0.95), 2.0, np.linspace(0.25, 1, 41))
    >>> round(found.low, 2), round(found.high, 2)
    (1.9, 3.86)
    """
    tail = 0.5 * (1.0 - limits.level)
    shares = [1.0 - tail, tail, 1.0 - limits.level]
    most, least, one_sided = np.sqrt(np.quantile(ratios, shares)).tolist()
    return replace(
        limits,
        low=min(limits.low, random_sd_mm / most),
        high=max(limits.high, random_sd_mm / least),
        upper=max(limits.upper, random_sd_mm / one_sided),
    )
