"""Evenly spread points in the unit cube, and chi-square quantiles at them.

A Fibonacci (golden-ratio Kronecker) point set replaces random numbers where a distribution has
two or three independent parts: percentiles of any smooth function of the parts then carry almost
no sampling noise, and they are the same on every run.

Source: Niederreiter H, Random Number Generation and Quasi-Monte Carlo Methods, SIAM 1992, chapter
5; for more than two coordinates the generator is the root of x^d = x + 1 (the golden ratio for
d = 2), as in Roberts M, The unreasonable effectiveness of quasirandom sequences, 2018.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri

from popmargin.core.checks import positive, whole
from popmargin.core.random_streams import random_stream

FIBONACCI_DRAWS = 4181
"""Default number of points: the 19th Fibonacci number, with which the lattice closes."""

_ROOT_STEPS = 60


@lru_cache(maxsize=32)
def unit_points(coordinate: int, dimensions: int, seed: int, draws: int) -> NDArray[np.float64]:
    """One coordinate of an evenly spread point set in (0, 1)^dimensions; read-only.

    Parameters
    ----------
    coordinate : int
        0 <= coordinate < dimensions. Coordinate 0 is the midpoints of ``draws`` equal strata; the
        others are shifted around the circle by ``seed``.
    dimensions, seed, draws : int
        At least 1, 0 and 2.

    Raises `OutOfRange` outside these ranges.

    >>> unit_points(0, 2, 1, 4).tolist()
    [0.125, 0.375, 0.625, 0.875]
    """
    dimensions = whole("dimensions", dimensions)
    coordinate = whole("coordinate", coordinate, at_least=0)
    draws = whole("draws", draws, at_least=2)
    index = np.arange(draws, dtype=np.float64)
    if coordinate == 0:
        points = (index + 0.5) / draws
    else:
        shift = random_stream(whole("seed", seed, at_least=0), "points", coordinate).random()
        points = (index * _generator(dimensions) ** -coordinate + shift) % 1.0
        # An exact 0 would be an infinite or empty quantile.
        points = np.clip(points, 0.25 / draws, 1.0 - 0.25 / draws)
    points.setflags(write=False)
    return points


@lru_cache(maxsize=64)
def chi_square_points(
    df: int, coordinate: int, dimensions: int, seed: int, draws: int
) -> NDArray[np.float64]:
    """Chi-square quantiles with ``df`` >= 1 degrees of freedom at `unit_points`; read-only.

    >>> points = chi_square_points(10, 0, 2, 1, 4181)
    >>> round(float(points.mean()), 2)
    10.0
    """
    positive("df", df)
    points = np.asarray(chdtri(df, 1.0 - unit_points(coordinate, dimensions, seed, draws)))
    points.setflags(write=False)
    return points


def _generator(dimensions: int) -> float:
    """Positive root of x^d = x + 1: its powers are jointly hardest to approximate by fractions."""
    root = 1.5
    for _ in range(_ROOT_STEPS):
        root = (1.0 + root) ** (1.0 / dimensions)
    return root
