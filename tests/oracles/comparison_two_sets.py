"""Plain twins of the comparison of two sets: textbook formulae and loops over single draws."""

import math

from scipy import stats


def pitman_morgan_ratio(first, second, level=0.95):
    """Exact interval of the ratio of two SDs of a bivariate normal sample.

    Pitman EJG, Biometrika 1939;31:9-12: with R the ratio of the sample variances, r their
    correlation and t of n - 2 degrees of freedom, the limits of the ratio of variances are
    R (K -+ sqrt(K^2 - 1)), K = 1 + 2 (1 - r^2) t^2 / (n - 2).
    """
    n = len(first)
    mean_1, mean_2 = sum(first) / n, sum(second) / n
    s11 = sum((x - mean_1) ** 2 for x in first)
    s22 = sum((y - mean_2) ** 2 for y in second)
    s12 = sum((x - mean_1) * (y - mean_2) for x, y in zip(first, second, strict=True))
    t = stats.t.ppf(0.5 + 0.5 * level, n - 2)
    k = 1.0 + 2.0 * (1.0 - s12**2 / (s11 * s22)) * t**2 / (n - 2)
    ratio = s11 / s22
    low, high = (ratio * (k + sign * math.sqrt(k * k - 1.0)) for sign in (-1.0, 1.0))
    return math.sqrt(low), math.sqrt(high)


def weighted_squares(between, within, sizes, means):
    """Sum over groups of w (m - mu_w)^2 with w = 1 / (between + within / n): the pivot W1."""
    weights = [1.0 / (between + within / n) for n in sizes]
    mean = sum(w * m for w, m in zip(weights, means, strict=True)) / sum(weights)
    return sum(w * (m - mean) ** 2 for w, m in zip(weights, means, strict=True))


def holm_by_definition(p_values):
    """Smallest level at which Holm's procedure rejects each hypothesis, by trying levels."""
    found = []
    for place, value in enumerate(p_values):
        candidates = sorted(
            {min(1.0, k * p) for p in p_values for k in range(1, len(p_values) + 1)}
        )
        for level in candidates:
            rejected = set()
            for rank, (p, other) in enumerate(sorted((p, i) for i, p in enumerate(p_values))):
                if p * (len(p_values) - rank) > level * (1 + 1e-12):
                    break
                rejected.add(other)
            if place in rejected:
                found.append(level)
                break
        else:
            found.append(1.0)
        del value
    return found
