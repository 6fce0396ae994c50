"""Exact variance of the effect in a stepped wedge by generalised least squares (Hussey, Hughes)."""

import numpy as np


def effect_variance(
    *, steps: int, clusters_per_step: int, size: int, icc: float, baseline: int, per_step: int
) -> float:
    """Variance of the intervention effect with fixed periods and a random cluster; total SD 1."""
    periods = baseline + steps * per_step
    covariance = np.full((periods, periods), icc) + np.eye(periods) * (1 - icc) / size
    weight = np.linalg.inv(covariance)
    information = np.zeros((periods + 1, periods + 1))
    for step in range(steps):
        treated = np.zeros((periods, 1))
        treated[baseline + step * per_step :] = 1
        design = np.hstack([np.eye(periods), treated])
        information += clusters_per_step * design.T @ weight @ design
    return float(np.linalg.inv(information)[-1, -1])
