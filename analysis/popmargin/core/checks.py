"""Range checks shared by all closed formulae: refuse early, in the reader's words."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.exceptions import OutOfRange


def non_negative(name: str, value: ArrayLike) -> NDArray[np.float64]:
    """``value`` as a float array when finite and >= 0 everywhere; `OutOfRange` otherwise.

    >>> float(non_negative("random_sd_mm", 3))
    3.0
    """
    array = np.asarray(value, dtype=np.float64)
    if not np.all(np.isfinite(array)) or np.any(array < 0):
        raise OutOfRange(name, "a finite number >= 0", value)
    return array


def positive(name: str, value: ArrayLike) -> NDArray[np.float64]:
    """``value`` as a float array when finite and > 0 everywhere; `OutOfRange` otherwise.

    >>> float(positive("ctv_radius_mm", 30))
    30.0
    """
    array = np.asarray(value, dtype=np.float64)
    if not np.all(np.isfinite(array)) or np.any(array <= 0):
        raise OutOfRange(name, "a finite number > 0", value)
    return array


def share(name: str, value: float) -> float:
    """``value`` when strictly between 0 and 1; `OutOfRange` otherwise.

    >>> share("population", 0.9)
    0.9
    """
    if not 0.0 < value < 1.0:
        raise OutOfRange(name, "a number strictly between 0 and 1", value)
    return float(value)


def whole(name: str, value: int, *, at_least: int = 1) -> int:
    """``value`` when it is a whole number >= ``at_least``; `OutOfRange` otherwise.

    >>> whole("fractions", 30)
    30
    """
    # What is left of NaN and infinity by division is NaN, which is not 0.
    if isinstance(value, bool) or value % 1 != 0 or value < at_least:
        raise OutOfRange(name, f"a whole number >= {at_least}", value)
    return int(value)
