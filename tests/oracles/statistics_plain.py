"""Slow, plain-loop twins of the estimators: written from the formulae, one group at a time."""

import math
import random
from collections.abc import Callable

Groups = list[list[float]]


def mean(values: list[float]) -> float:
    return math.fsum(values) / len(values)


def squares(values: list[float]) -> float:
    centre = mean(values)
    return math.fsum((value - centre) ** 2 for value in values)


def anova(groups: Groups) -> tuple[float, float, float]:
    """Plain mean of means, untruncated variance between, variance within."""
    total = sum(len(group) for group in groups)
    grand = math.fsum(value for group in groups for value in group) / total
    within = math.fsum(squares(group) for group in groups) / (total - len(groups))
    between = math.fsum(len(group) * (mean(group) - grand) ** 2 for group in groups)
    between /= len(groups) - 1
    size = (total - sum(len(group) ** 2 for group in groups) / total) / (len(groups) - 1)
    return mean([mean(group) for group in groups]), (between - within) / size, within


def reml_criterion(groups: Groups, ratio: float) -> float:
    """-2 restricted log-likelihood up to a constant, profiled in lambda = between / within."""
    weights = [len(group) / (1.0 + len(group) * ratio) for group in groups]
    means = [mean(group) for group in groups]
    centre = sum(w * m for w, m in zip(weights, means, strict=True)) / sum(weights)
    residual = sum(squares(group) for group in groups)
    residual += sum(w * (m - centre) ** 2 for w, m in zip(weights, means, strict=True))
    total = sum(len(group) for group in groups)
    determinant = sum(math.log(1.0 + len(group) * ratio) for group in groups)
    return (total - 1) * math.log(residual) + determinant + math.log(sum(weights))


def reml_by_grid(groups: Groups, largest: float = 1e4, points: int = 4000) -> tuple[float, float]:
    """Best lambda over 0 and a fine logarithmic grid, and the criterion there."""
    grid = [0.0] + [1e-6 * (largest / 1e-6) ** (k / points) for k in range(points + 1)]
    values = [reml_criterion(groups, ratio) for ratio in grid]
    best = min(range(len(grid)), key=values.__getitem__)
    return grid[best], values[best]


def generalised_draw(groups: Groups, w1: float, w2: float) -> tuple[float, float]:
    """(between SD, within SD) of one draw of the two pivots; the root by bisection."""
    within = math.fsum(squares(group) for group in groups) / w2
    means = [mean(group) for group in groups]
    between = root_of(
        lambda x: weighted(means, [x + within / len(group) for group in groups])[2], w1
    )
    return math.sqrt(between), math.sqrt(within)


def within_log_jackknife(groups: Groups) -> tuple[float, float]:
    """Estimate and delete-one-group jackknife variance of ln MSW; groups of two or more."""
    groups = [group for group in groups if len(group) > 1]

    def log_variance(kept: Groups) -> float:
        df = sum(len(group) - 1 for group in kept)
        return math.log(math.fsum(squares(group) for group in kept) / df)

    count = len(groups)
    deleted = [log_variance(groups[:k] + groups[k + 1 :]) for k in range(count)]
    centre = mean(deleted)
    variance = (count - 1) / count * sum((value - centre) ** 2 for value in deleted)
    return log_variance(groups), variance


def within_limits(groups: Groups, t: float, kind: str = "pooled") -> tuple[float, float]:
    """Limits of the within SD from the formula in words, one group at a time."""
    groups = [group for group in groups if len(group) > 1]
    count, df = len(groups), [len(group) - 1 for group in groups]
    if kind == "pooled":
        parts, weights = [squares(group) for group in groups], [float(a) for a in df]
    else:
        parts, weights = [squares(g) / a for g, a in zip(groups, df, strict=True)], [1.0] * count
    chance, power = [1 + 2 / a for a in df], 0.5
    if kind == "mean":
        parts, power = [math.sqrt(x) for x in parts], 1.0
        # 1 / c4(n)^2: E[s^2] / E[s]^2 of a normal sample.
        chance = [a / 2 * (math.gamma(a / 2) / math.gamma((a + 1) / 2)) ** 2 for a in df]
    total, weight = sum(parts), sum(weights)
    v = (
        (count - 1)
        / count
        * sum(
            ((x / total - a / weight) / (1 - a / weight)) ** 2
            for x, a in zip(parts, weights, strict=True)
        )
    )
    least = sum((a / weight) ** 2 * (c - 1) for a, c in zip(weights, chance, strict=True))
    v = max(v, 0.25 * least)
    average = total / weight
    seen = sum(a * (x / a / average) ** 2 for x, a in zip(parts, weights, strict=True))
    expected = sum(a * c for a, c in zip(weights, chance, strict=True))
    spread = math.sqrt(max(0.0, seen / expected - 1)) * (2 if kind == "mean" else 1)
    lift = 1 + 4 * spread / math.sqrt(count)
    centre, half = math.log(average) + v / 2, t * math.sqrt(v)
    return math.exp((centre - half) * power), math.exp((centre + half * lift) * power)


def nested_criterion(outers: list[Groups], group_ratio: float, outer_ratio: float) -> float:
    """-2 restricted log-likelihood of three levels by dense matrices, up to a constant."""
    import numpy as np

    labels = [
        (c, (c, i), value)
        for c, groups in enumerate(outers)
        for i, group in enumerate(groups)
        for value in group
    ]
    y = np.array([value for _, _, value in labels])
    same_outer = np.array([[a[0] == b[0] for b in labels] for a in labels], dtype=float)
    same_group = np.array([[a[1] == b[1] for b in labels] for a in labels], dtype=float)
    v = np.eye(y.size) + group_ratio * same_group + outer_ratio * same_outer
    inverse = np.linalg.inv(v)
    ones = np.ones(y.size)
    information = ones @ inverse @ ones
    deviation = y - (ones @ inverse @ y) / information
    quadratic = deviation @ inverse @ deviation
    determinant = np.linalg.slogdet(v)[1]
    return float((y.size - 1) * math.log(quadratic) + determinant + math.log(information))


def root_of(spread: Callable[[float], float], target: float) -> float:
    """Where a decreasing function of a variance meets a target; 0 when it starts below."""
    if spread(0.0) <= target:
        return 0.0
    low, high = 0.0, 1.0
    while spread(high) > target:
        high *= 2.0
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if spread(middle) > target else (low, middle)
    return high


def weighted(values: list[float], variances: list[float]) -> tuple[float, float, float]:
    """Weighted mean, its variance, and the weighted sum of squares about it."""
    weights = [1.0 / v for v in variances]
    centre = sum(w * x for w, x in zip(weights, values, strict=True)) / sum(weights)
    spread = sum(w * (x - centre) ** 2 for w, x in zip(weights, values, strict=True))
    return centre, 1.0 / sum(weights), spread


def nested_draw(
    outers: list[Groups], w0: float, w1: float, w2: float
) -> tuple[float, float, float]:
    """(outer SD, group SD, within SD) of one draw of three pivots, from the inside out."""
    within = math.fsum(squares(group) for groups in outers for group in groups) / w2

    def inner(between: float) -> list[tuple[float, float, float]]:
        return [
            weighted([mean(g) for g in groups], [between + within / len(g) for g in groups])
            for groups in outers
        ]

    between = root_of(lambda x: sum(part[2] for part in inner(x)), w1)
    centres = [part[0] for part in inner(between)]
    noise = [part[1] for part in inner(between)]
    outer = root_of(lambda x: weighted(centres, [x + v for v in noise])[2], w0)
    return math.sqrt(outer), math.sqrt(between), math.sqrt(within)


def random_groups(seed: int, *, between: float = 1.0, within: float = 2.0) -> Groups:
    """A small unbalanced cohort with some groups of one."""
    source = random.Random(seed)
    groups = []
    for _ in range(source.randint(3, 12)):
        level = source.gauss(1.0, between)
        groups.append([source.gauss(level, within) for _ in range(source.choice([1, 2, 3, 7]))])
    groups.append([source.gauss(1.0, within) for _ in range(4)])
    return groups
