"""Exact power of the two-sided pooled z test of two proportions, by summing every outcome."""

from math import comb, sqrt


def exact_power(control: float, experimental: float, patients: int, critical: float) -> float:
    """Probability that the pooled z statistic exceeds ``critical`` in absolute value."""
    power = 0.0
    for first in range(patients + 1):
        chance = comb(patients, first) * control**first * (1 - control) ** (patients - first)
        for second in range(patients + 1):
            pooled = (first + second) / (2 * patients)
            variance = 2 * pooled * (1 - pooled) / patients
            if variance == 0:
                continue
            if abs(first - second) / patients / sqrt(variance) > critical:
                power += (
                    chance
                    * comb(patients, second)
                    * experimental**second
                    * (1 - experimental) ** (patients - second)
                )
    return power
