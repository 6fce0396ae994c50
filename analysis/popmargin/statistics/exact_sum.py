"""Exactly rounded sums of large arrays at array speed: the order of the terms changes no bit.

Each pass takes from every term its leading part, a multiple of one unit so coarse that the sum of
all leading parts is exact in double precision; what is left goes to the next pass. The few exact
sums are then added by `math.fsum`. Source: Rump SM, Ogita T, Oishi S, SIAM J Sci Comput
2008;31:189-224 (ExtractVector).
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

# Below this many terms math.fsum is as fast; near the largest double the unit would overflow.
_SHORT: Final = 2048
_LARGEST_EXPONENT: Final = 960


def exact_sum(values: NDArray[np.float64]) -> float:
    """Sum of finite ``values``, the same to the last bit as ``math.fsum``.

    >>> exact_sum(np.array([1e16, 1.0, -1e16]))
    1.0
    >>> exact_sum(np.full(10_000, 0.1)) == math.fsum([0.1] * 10_000)
    True
    """
    if values.size < _SHORT:
        return math.fsum(values.tolist())
    spare = math.ceil(math.log2(values.size + 2))
    rest, parts = values, []
    while True:
        exponent = math.frexp(float(np.abs(rest).max()))[1]
        if exponent + spare > _LARGEST_EXPONENT:
            return math.fsum(values.tolist())
        unit = math.ldexp(1.0, exponent + spare)
        leading = (rest + unit) - unit
        parts.append(float(leading.sum()))
        rest = rest - leading
        if not rest.any():
            return math.fsum(parts)
