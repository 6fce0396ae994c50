"""How long a position may be trusted: the interval between images that keeps a wanted error.

Model: after a correction with an error s of matching the beam starts after a delay t0 and the
target walks (variance D a minute) and drifts (v a minute). Over an interval T the mean squared
error is s^2 + D (t0 + T/2) + v^2 (t0^2 + t0 T + T^2/3).

Assumptions and limits: those of the random walk (`popmargin.motion.intrafraction`); breathing is
no walk and is not in here. An interval beyond the longest time that was observed is extrapolated.
"""

import math
from typing import Final

from popmargin.core.checks import non_negative, positive

# Stands for an interval without end.
NEVER_MIN: Final = 1e6


def mean_square_mm2(
    interval_min: float,
    *,
    diffusion_mm2_per_min: float,
    drift_mm_per_min: float = 0.0,
    match_sd_mm: float = 0.0,
    delay_min: float = 0.0,
) -> float:
    """Mean squared error in mm^2 between two images that lie an interval apart.

    Parameters: all >= 0 except the drift, which may have either sign. Raises `OutOfRange`.

    >>> mean_square_mm2(10.0, diffusion_mm2_per_min=1.0)
    5.0
    """
    t0 = float(non_negative("delay_min", delay_min))
    length = float(non_negative("interval_min", interval_min))
    walk = float(non_negative("diffusion_mm2_per_min", diffusion_mm2_per_min))
    match = float(non_negative("match_sd_mm", match_sd_mm))
    drifted = drift_mm_per_min**2 * (t0 * t0 + t0 * length + length * length / 3.0)
    return match**2 + walk * (t0 + 0.5 * length) + drifted


def longest_interval_min(
    tolerance_mm: float,
    *,
    diffusion_mm2_per_min: float,
    drift_mm_per_min: float = 0.0,
    match_sd_mm: float = 0.0,
    delay_min: float = 0.0,
) -> float | None:
    """Longest interval in minutes whose root mean squared error stays within a tolerance.

    Parameters: as `mean_square_mm2`; ``tolerance_mm`` > 0. None when the error of matching and
    the delay alone exceed the tolerance; ``NEVER_MIN`` (a million minutes) when nothing grows.

    >>> longest_interval_min(2.0, diffusion_mm2_per_min=0.5)
    16.0
    >>> longest_interval_min(1.0, diffusion_mm2_per_min=0.5, match_sd_mm=1.5) is None
    True
    """
    wanted = float(positive("tolerance_mm", tolerance_mm)) ** 2
    start = mean_square_mm2(
        0.0,
        diffusion_mm2_per_min=diffusion_mm2_per_min,
        drift_mm_per_min=drift_mm_per_min,
        match_sd_mm=match_sd_mm,
        delay_min=delay_min,
    )
    if start > wanted:
        return None
    square = drift_mm_per_min**2 / 3.0
    linear = 0.5 * diffusion_mm2_per_min + drift_mm_per_min**2 * delay_min
    if square == 0.0:
        return (wanted - start) / linear if linear > 0.0 else NEVER_MIN
    root = math.sqrt(linear * linear + 4.0 * square * (wanted - start))
    return (root - linear) / (2.0 * square)
