"""Units of length and angle that logs use, and their factor to mm and degrees."""

import math
from typing import Final

from popmargin.core.exceptions import OutOfRange

FACTOR_TO_MM: Final = {"mm": 1.0, "cm": 10.0, "m": 1000.0}
FACTOR_TO_DEG: Final = {"deg": 1.0, "rad": 180.0 / math.pi}


def factor_to_canonical(unit: str, canonical: str | None = None) -> float:
    """Factor from ``unit`` to mm (lengths) or degrees (angles).

    With ``canonical`` the unit must measure the same: ``mm`` takes lengths, ``deg`` angles, any
    other canonical unit itself alone. Raises `OutOfRange` otherwise: a unit is never guessed.

    >>> factor_to_canonical("cm"), factor_to_canonical("s", "s")
    (10.0, 1.0)
    """
    by_canonical = {None: FACTOR_TO_MM | FACTOR_TO_DEG, "mm": FACTOR_TO_MM, "deg": FACTOR_TO_DEG}
    factors = by_canonical.get(canonical) or {str(canonical): 1.0}
    if unit not in factors:
        raise OutOfRange("unit", f"one of {', '.join(sorted(factors))}", unit)
    return factors[unit]
