"""Units of length and angle that logs use, and their factor to mm and degrees."""

import math
from typing import Final

from popmargin.core.exceptions import OutOfRange

FACTOR_TO_MM: Final = {"mm": 1.0, "cm": 10.0, "m": 1000.0}
FACTOR_TO_DEG: Final = {"deg": 1.0, "rad": 180.0 / math.pi}


def factor_to_canonical(unit: str) -> float:
    """Factor from ``unit`` to mm (lengths) or degrees (angles).

    Raises `OutOfRange` for a unit that is not known: a unit is never guessed.

    >>> factor_to_canonical("cm")
    10.0
    """
    factors = FACTOR_TO_MM | FACTOR_TO_DEG
    if unit not in factors:
        raise OutOfRange("unit", f"one of {', '.join(sorted(factors))}", unit)
    return factors[unit]
