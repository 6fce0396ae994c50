"""Compiling what Python itself cannot run: loops over instructions of the processor."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from numba.extending import intrinsic

_Function = TypeVar("_Function", bound=Callable[..., object])


def compiled_only(function: _Function) -> _Function:
    """Compile on first call and keep the machine code on disk; other threads run meanwhile."""
    return cast(_Function, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def instruction(function: Callable[..., object]) -> Callable[..., Any]:
    """Make the instructions that ``function`` writes down callable from compiled code."""
    return cast(Callable[..., Any], intrinsic(function))
