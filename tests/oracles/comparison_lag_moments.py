"""Plain twin of the lag moments: matrices written out, traces taken as they stand."""

import numpy as np


def lag_expectations(positions, phi, *, detrended):
    """E[e'Ae], E[e'e] and Var(mean) over sigma^2 of one group, positions in whole steps of 1."""
    t = np.asarray(positions, dtype=float)
    n = t.size
    design = np.column_stack([np.ones(n), t]) if detrended else np.ones((n, 1))
    residual = np.eye(n) - design @ np.linalg.pinv(design)
    correlations = np.array([[phi ** abs(a - b) for b in t] for a in t])
    neighbours = np.zeros((n, n))
    for i in range(n - 1):
        if t[i + 1] - t[i] == 1:
            neighbours[i, i + 1] = neighbours[i + 1, i] = 0.5
    product = np.trace(residual @ neighbours @ residual @ correlations)
    squares = np.trace(residual @ correlations)
    return product, squares, correlations.sum() / n**2
