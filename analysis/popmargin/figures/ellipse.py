"""Drawing only: the outline of a covariance matrix as an ellipse of one SD."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def ellipse_outline(
    centre: tuple[float, float], covariance: ArrayLike, *, points: int = 91
) -> NDArray[np.float64]:
    """Points on the one-SD ellipse of a 2 x 2 covariance matrix.

    Parameters: ``centre`` in mm; ``covariance`` symmetric 2 x 2, mm squared, where a negative
    eigenvalue (an estimate below zero) is drawn as no width; ``points`` on the closed outline.
    Returns: array ``(points, 2)`` in mm.

    >>> outline = ellipse_outline((1.0, 5.0), [[4.0, 0.0], [0.0, 1.0]])
    >>> (outline.max(axis=0) - outline.min(axis=0)).round(2).tolist()
    [4.0, 2.0]
    """
    values, vectors = np.linalg.eigh(np.asarray(covariance, dtype=np.float64))
    angle = np.linspace(0.0, 2.0 * np.pi, points)
    circle = np.stack([np.cos(angle), np.sin(angle)])
    outline = vectors @ (np.sqrt(np.clip(values, 0.0, None))[:, None] * circle)
    return np.asarray(outline.T + np.asarray(centre, dtype=np.float64))
