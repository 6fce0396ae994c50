"""Two sets of groups, the subjects behind them, and the difference of their means.

The same subjects may stand behind groups of both sets (one subject measured in two ways). Each
group's share of the standard error is summed within its subject before squaring, so the interval
of the difference is the paired t interval when all subjects are shared, Welch's when none is, and
in between for sets that share some.

Assumptions: subjects independent, near normal group means. Limits: Satterthwaite's degrees of
freedom are approximate where some but not all subjects are shared.

Sources: Student; Welch BL, Biometrika 1947;34:28-35; Satterthwaite FE, Biometrics 1946;2:110-4.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from popmargin.core.checks import share
from popmargin.core.exceptions import NotEstimable, OutOfRange
from popmargin.statistics.one_way import OneWayData
from popmargin.statistics.size_table import IntArray


@dataclass(frozen=True, slots=True)
class Contrast:
    """A difference or ratio with its two-sided interval and the p-value of "no difference".

    Attributes
    ----------
    value : float or None
        Difference or ratio; None where a ratio has a denominator of 0.
    low, high : float or None
        Limits; ``high`` is None where a ratio has no finite upper limit.
    p_value : float
        Two-sided, in (0, 1].
    """

    value: float | None
    low: float
    high: float | None
    p_value: float


@dataclass(frozen=True, slots=True, eq=False)
class TwoSets:
    """Two sets of groups and the subject behind each group.

    Attributes
    ----------
    first, second : OneWayData
        The sets, of P1 and P2 groups.
    first_subjects, second_subjects : int64[P1], int64[P2]
        Code of each group's subject; equal codes are one subject.

    Raises `OutOfRange` when there is not one code a group.

    >>> data = OneWayData.from_summaries([2, 2, 2], [0.0, 1.0, 3.0], [1.0, 1.0, 1.0])
    >>> TwoSets(data, data, np.array([1, 2, 3]), np.array([3, 4, 1])).pairs.tolist()
    [[0, 2], [2, 0]]
    """

    first: OneWayData
    second: OneWayData
    first_subjects: IntArray
    second_subjects: IntArray

    def __post_init__(self) -> None:
        """Check the lengths."""
        for name in ("first", "second"):
            codes, groups = getattr(self, f"{name}_subjects"), getattr(self, name).group_count
            if codes.shape != (groups,):
                raise OutOfRange(f"{name}_subjects", f"{groups} codes, one a group", codes.shape)

    @property
    def shared_subjects(self) -> int:
        """Number of subjects with groups in both sets."""
        return int(np.intersect1d(self.first_subjects, self.second_subjects).size)

    @property
    def pairs(self) -> IntArray:
        """Positions of paired groups, int64[K, 2].

        A subject's groups are paired in their order where both sets hold equally many of them,
        and are not paired otherwise.
        """
        rows: list[tuple[int, int]] = []
        for code in np.intersect1d(self.first_subjects, self.second_subjects):
            mine = np.flatnonzero(self.first_subjects == code)
            other = np.flatnonzero(self.second_subjects == code)
            if mine.size == other.size:
                rows += zip(mine.tolist(), other.tolist(), strict=True)
        return np.array(rows, dtype=np.int64).reshape(-1, 2)


def mean_difference(sets: TwoSets, level: float = 0.95) -> Contrast:
    """Mean of the first set's group means minus that of the second, with its t interval.

    Parameters
    ----------
    sets : TwoSets
        The two sets; every group counts alike, as in the plain mean of group means.
    level : float
        Confidence level in (0, 1).

    Raises
    ------
    NotEstimable
        A set of fewer than two subjects, or group means whose difference does not vary.
    OutOfRange
        A level outside (0, 1).

    >>> a = OneWayData.from_summaries([1, 1, 1], [1.0, 2.0, 4.0], [0.0, 0.0, 0.0])
    >>> b = OneWayData.from_summaries([1, 1, 1], [0.5, 2.0, 2.0], [0.0, 0.0, 0.0])
    >>> same = np.array([1, 2, 3])
    >>> d = mean_difference(TwoSets(a, b, same, same))  # differences 0.5, 0, 2: t = 1.387, df 2
    >>> round(d.value, 4), round(d.p_value, 3)
    (0.8333, 0.3)
    """
    level = share("level", level)
    # Subject code -> sum of its deviations, each over the size of its set, signed by the set.
    sums: dict[int, float] = {}
    members = []
    for data, codes, sign in (
        (sets.first, sets.first_subjects, 1.0),
        (sets.second, sets.second_subjects, -1.0),
    ):
        subjects = np.unique(codes)
        if subjects.size < 2:
            raise NotEstimable(
                f"difference of the means: needs at least 2 subjects a set, found {subjects.size}"
            )
        members.append(frozenset(subjects.tolist()))
        weight = sign * math.sqrt(subjects.size / (subjects.size - 1)) / data.group_count
        deviations = (data.means - data.by_size.mean) * weight
        for code, deviation in zip(codes.tolist(), deviations.tolist(), strict=True):
            sums[code] = sums.get(code, 0.0) + deviation
    value = sets.first.by_size.mean - sets.second.by_size.mean
    error, df = _standard_error(sums, members[0], members[1])
    if error <= 1e-12 * float(np.abs(sets.first.means).max()):
        raise NotEstimable("difference of the means: it is the same in every subject")
    half = float(stdtrit(df, 0.5 * (1.0 + level))) * error
    p_value = min(1.0, 2.0 * float(stdtr(df, -abs(value) / error)))
    return Contrast(value, value - half, value + half, p_value)


def _standard_error(
    sums: dict[int, float], first: frozenset[int], second: frozenset[int]
) -> tuple[float, float]:
    """Root of the sum of squares over subjects, and Satterthwaite's degrees of freedom.

    Subjects of the first set only, of the second only and of both are three strata. Each loses the
    part of the estimated means that falls on it; subjects of both sets lose half of two means.
    """
    variance, spread = 0.0, 0.0
    both = first & second
    for stratum, lost in (
        (first - both, 1.0 / len(first)),
        (second - both, 1.0 / len(second)),
        (both, 0.5 / len(first) + 0.5 / len(second)),
    ):
        if stratum:
            part = math.fsum(sums[code] ** 2 for code in stratum)
            variance += part
            spread += part * part / (len(stratum) * (1.0 - lost))
    return math.sqrt(variance), variance * variance / spread if spread else 1.0
