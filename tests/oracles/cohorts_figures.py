"""Plain-loop conventional figures of a cohort, straight from the definition, in exact fractions."""

from fractions import Fraction
from math import sqrt


def conventional_figures(rows: list[tuple[str, float]]) -> tuple[float, float, float]:
    """M, SD of patient means (P - 1) and RMS of patient SDs (n - 1) of (patient, value) rows."""
    patients: dict[str, list[Fraction]] = {}
    for patient, value in rows:
        patients.setdefault(patient, []).append(Fraction(value))
    means, variances = [], []
    for values in patients.values():
        mean = sum(values) / len(values)
        means.append(mean)
        total = Fraction(0)
        for value in values:
            total += (value - mean) ** 2
        variances.append(total / (len(values) - 1))
    group = sum(means) / len(means)
    between = sum((mean - group) ** 2 for mean in means) / (len(means) - 1)
    return float(group), sqrt(between), sqrt(sum(variances) / len(variances))
