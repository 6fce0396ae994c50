"""Exactly rounded sums of large arrays at array speed: the order of the terms changes no bit.

Each pass takes from every term its leading part, a multiple of one unit so coarse that the sum of
all leading parts is exact in double precision; what is left goes to the next pass. The few exact
sums are then added by `math.fsum`. Source: Rump SM, Ogita T, Oishi S, SIAM J Sci Comput
2008;31:189-224 (ExtractVector).
"""

import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

# Terms are taken in blocks that stay in a core's cache. Below the first number math.fsum is as
# fast; near the largest double the unit would overflow.
_SHORT: Final = 2048
_BLOCK: Final = 16_384
_SPARE: Final = 15
_LARGEST_EXPONENT: Final = 960


def exact_sum(values: NDArray[np.float64]) -> float:
    """Sum of finite ``values``, the same to the last bit as ``math.fsum``.

    >>> exact_sum(np.array([1e16, 1.0, -1e16]))
    1.0
    >>> exact_sum(np.full(10_000, 0.1)) == math.fsum([0.1] * 10_000)
    True
    """
    return exact_sums(slice(0, values.size), lambda block: [values[block]])[0]


def exact_sums(
    rows: slice, columns: Callable[[slice], Sequence[NDArray[np.float64]]]
) -> list[float]:
    """As `exact_sum` of columns that are worked out block by block, never whole in memory.

    Parameters
    ----------
    rows : which rows, from a start to a stop.
    columns : given some of them, the values of each column, float64, finite.

    >>> x = np.array([1.0, 2.0, 4.0])
    >>> exact_sums(slice(1, 3), lambda block: [x[block], x[block] ** 2])
    [6.0, 20.0]
    """
    parts: list[list[float]] = []
    for start in range(rows.start, max(rows.stop, rows.start + 1), _BLOCK):
        block = columns(slice(start, min(start + _BLOCK, rows.stop)))
        parts = parts or [[] for _ in block]
        for found, values in zip(parts, block, strict=True):
            found += _parts(values)
    return [math.fsum(found) for found in parts]


def _parts(values: NDArray[np.float64]) -> list[float]:
    """Numbers whose exact sum is that of a block."""
    leading = None if values.size < _SHORT else _leading_sums(values)
    return values.tolist() if leading is None else leading


def _leading_sums(values: NDArray[np.float64]) -> list[float] | None:
    """Numbers whose exact sum is that of a block; None where the unit would overflow."""
    parts: list[float] = []
    rest, leading = values.copy(), np.empty_like(values)
    while (largest := max(float(rest.max()), -float(rest.min()))) > 0.0:
        exponent = math.frexp(largest)[1]
        if exponent + _SPARE > _LARGEST_EXPONENT:
            return None
        # 2 to the 15th exceeds the terms of a block: the sum of their leading parts is exact.
        unit = math.ldexp(1.0, exponent + _SPARE)
        np.add(rest, unit, out=leading)
        leading -= unit
        parts.append(float(leading.sum()))
        rest -= leading
    return parts
