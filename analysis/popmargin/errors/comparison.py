"""Comparison of groups: difference of M, ratio of systematic SDs, ratio of random SDs.

Which mask, bone or soft tissue, before or after the new couch, centre against centre: each pair of
groups, on each axis, first minus (or over) second, with a two-sided interval. Where patients are
in both groups their covariance is respected, whether all, some or none are shared.

Assumptions: those of `popmargin.errors.quantity`, and of `popmargin.statistics.two_sets`,
`within_ratio` and `paired_components` for what is shared; patients independent of each other.
Limits: a difference between groups is not the effect of what names them unless patients were
allotted by chance; the difference of M is that of the plain means of unit means; intervals are for
one comparison at a time (`holm_adjusted` for p-values); a ratio whose denominator is estimated as
0 is not estimable.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import TypeVar

import numpy as np
import polars as pl

from popmargin.core.exceptions import NotEstimable, RefusedInput
from popmargin.core.flags import Flag
from popmargin.errors.group_comparison import GroupComparison
from popmargin.errors.quantity import (
    Estimator,
    QuantityEstimate,
    RandomEstimator,
    estimate_quantity,
)
from popmargin.errors.select import group_label, unit_key
from popmargin.errors.units import UnitSums, axis_summary
from popmargin.statistics.conventional import Within
from popmargin.statistics.one_way import OneWayData
from popmargin.statistics.paired_components import between_ratio, paired_draws
from popmargin.statistics.two_sets import TwoSets, mean_difference
from popmargin.statistics.within_ratio import FEWEST_PAIRS, within_ratio

ZERO_DENOMINATOR = "ratio of systematic SDs: that of group 2 is estimated as 0"
NO_UPPER_LIMIT = "ratio of systematic SDs: no finite upper limit, that of group 2 may be 0"


_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """One group on one axis."""

    label: str
    patients: tuple[str, ...]
    data: OneWayData
    estimate: QuantityEstimate


def compare_groups(
    units: UnitSums,
    between: str,
    *,
    estimator: Estimator = "anova",
    random: RandomEstimator = "rms",
    confidence_level: float = 0.95,
    seed: int = 1,
    groups: Sequence[str] | None = None,
    shared_only: bool = False,
) -> tuple[list[GroupComparison], list[Flag]]:
    """Every pair of the groups that ``between`` makes, on every axis.

    Parameters
    ----------
    units : from `popmargin.errors.units.summarise_units`, grouped by ``between``; its other group
        columns make strata within which groups are compared.
    between : column whose values are compared; units without a value are left out, with a flag.
    estimator, random, confidence_level, seed : as in `popmargin.errors.quantity`.
    groups : values of ``between`` to compare, in this order; all, sorted, without.
    shared_only : leave out the patients who are not in every group compared.

    Returns
    -------
    Comparisons in the order stratum, pair, axis; flags.

    Raises
    ------
    RefusedInput
        When ``between`` has fewer than two values in every stratum, or none called as in
        ``groups``.

    Examples
    --------
    >>> from popmargin.errors.units import summarise_units
    >>> shifts = pl.DataFrame({
    ...     "patient_id": list("aabbccdd"), "fraction": [1, 2] * 4,
    ...     "technique": ["old", "new"] * 4,
    ...     "lr_mm": [1.0, 3.0, 2.0, 4.5, 0.0, 1.5, 1.0, 3.5],
    ... })
    >>> units = summarise_units(shifts, group_by=["technique"])
    >>> found, flags = compare_groups(units, "technique")
    >>> found[0].comparison, found[0].mean.value, found[0].shared_patients
    ('new vs old', 2.125, 4)
    """
    estimate = partial(
        estimate_quantity,
        estimator=estimator,
        random=random,
        confidence_level=confidence_level,
        seed=seed,
    )
    within: Within = random if estimator == "conventional" else "pooled"
    strata = [name for name in units.group_by if name != between]
    stated = units.frame.filter(pl.col(between).is_not_null())
    _check_labels(stated, between, groups or [])
    found: list[GroupComparison] = []
    flags = _left_out(units.frame.height - stated.height, between)
    parts = stated.with_columns(group_label(strata).alias("stratum")).partition_by(
        "stratum", as_dict=True
    )
    for _, members in sorted(parts.items(), key=lambda item: str(item[0])):
        columns = {name: members[name][0] for name in strata}
        there = sorted(members[between].unique().to_list())
        labels = [label for label in groups or there if label in there]
        members = _shared(members, between, labels) if shared_only else members
        sides = {
            (label, axis): _side(members.filter(pl.col(between) == label), label, axis, estimate)
            for label in labels
            for axis in units.axes
        }
        for pair in combinations(labels, 2):
            for axis in units.axes:
                one, two = (sides[label, axis] for label in pair)
                if one is not None and two is not None:
                    options = (estimator, within, confidence_level, seed)
                    found.append(_compare(columns, axis, one, two, options))
                    flags += _remarks(found[-1])
    if not found:
        labels = sorted(stated[between].unique().to_list())
        remedy = "compare between a column with at least two values on one axis"
        raise RefusedInput(
            f"shifts, column {between}",
            "two groups to compare",
            ", ".join(labels) or "none",
            remedy,
        )
    return found, flags


def _check_labels(stated: pl.DataFrame, between: str, wanted: Sequence[str]) -> None:
    """Refuse groups that the table does not hold."""
    there = sorted(stated[between].unique().to_list())
    for label in wanted:
        if label not in there:
            found = ", ".join(there) or "none"
            remedy = "compare groups that the column holds"
            raise RefusedInput(f"shifts, column {between}", f"the group {label}", found, remedy)


def _shared(members: pl.DataFrame, between: str, labels: Sequence[str]) -> pl.DataFrame:
    """Units of the patients who are in every one of the groups."""
    chosen = members.filter(pl.col(between).is_in(list(labels)))
    return chosen.filter(pl.col(between).n_unique().over("patient_id") == len(labels))


def _side(
    members: pl.DataFrame, label: str, axis: str, estimate: Callable[[OneWayData], QuantityEstimate]
) -> _Side | None:
    """The units of one group in the order of their key; None where the axis is not measured."""
    measured = members.filter(pl.col(f"{axis}_n") > 0).sort(unit_key(members.columns))
    if measured.is_empty():
        return None
    data = OneWayData.from_summaries(
        *(column.to_numpy() for column in measured.select(axis_summary(axis)))
    )
    return _Side(label, tuple(measured["patient_id"].to_list()), data, estimate(data))


def _compare(
    columns: dict[str, str | None],
    axis: str,
    one: _Side,
    two: _Side,
    options: tuple[Estimator, Within, float, int],
) -> GroupComparison:
    estimator, within, level, seed = options
    codes = {name: code for code, name in enumerate(sorted({*one.patients, *two.patients}))}
    first, second = (np.array([codes[name] for name in side.patients]) for side in (one, two))
    sets = TwoSets(one.data, two.data, first, second)
    reasons: list[str] = []

    def estimated(make: Callable[[], _Result]) -> _Result | None:
        try:
            return make()
        except NotEstimable as error:
            reasons.append(str(error))
            return None

    mean = estimated(lambda: mean_difference(sets, level))
    draws = estimated(lambda: paired_draws(sets, seed=seed, of_means=estimator == "conventional"))
    random = estimated(lambda: within_ratio(sets, level, within))
    systematic = None
    sds = (one.estimate.systematic_sd, two.estimate.systematic_sd)
    if draws is not None and sds[0] is not None and sds[1] is not None:
        systematic = between_ratio(sds[0] / sds[1] if sds[1] else None, *draws, level)
        reasons += [ZERO_DENOMINATOR] if sds[1] == 0 else []
        reasons += [NO_UPPER_LIMIT] if systematic.high is None else []
    return GroupComparison(
        columns=columns,
        groups=(one.label, two.label),
        axis=axis,
        patients=(len(set(one.patients)), len(set(two.patients))),
        units=(one.data.group_count, two.data.group_count),
        shared_patients=sets.shared_subjects,
        paired_units=sets.pairs.shape[0],
        estimator=estimator,
        estimates=(one.estimate, two.estimate),
        mean=mean,
        systematic=systematic,
        random=random,
        draws=draws,
        confidence_level=level,
        reasons=tuple(dict.fromkeys(reasons)),
    )


def _left_out(units: int, between: str) -> list[Flag]:
    if not units:
        return []
    message = f"{units} units without a value of {between} are compared with nothing"
    return [Flag("group_not_stated", "warn", message, column=between)]


def _remarks(item: GroupComparison) -> list[Flag]:
    """What is not estimable, and pairs that are too few or not one to one."""
    flags = [Flag("not_estimable", "warn", f"{item.place}: {why}") for why in item.reasons]
    shared = item.shared_patients
    if shared and item.paired_units < FEWEST_PAIRS:
        message = (
            f"{item.place}: {shared} patients are in both groups, of whom {item.paired_units} "
            f"units can be paired; fewer than {FEWEST_PAIRS} cannot show how they go together, so "
            "both SDs are compared as if the groups were independent, which is conservative"
        )
        flags.append(Flag("too_few_pairs", "info", message, patients=shared))
    elif 0 < shared < max(item.patients):
        message = (
            f"{item.place}: {shared} patients are in both groups, "
            f"{item.patients[0] - shared} and {item.patients[1] - shared} in one only"
        )
        flags.append(Flag("partly_paired", "info", message, patients=shared))
    return flags
