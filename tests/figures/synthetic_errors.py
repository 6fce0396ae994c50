"""Errors of one made-up group, with draws."""

import numpy as np

from popmargin.margins.error_budget import ErrorComponent
from popmargin.margins.group_errors import GroupErrors


def group_of(name: str, sd: float = 2.0) -> GroupErrors:
    """A group with equal SDs on all axes and draws within a fifth of them."""
    parts = (
        ErrorComponent("set-up error", "systematic", sd, sd, sd, "data"),
        ErrorComponent("set-up error", "random", sd, sd, sd, "data"),
    )
    spread = np.outer(np.linspace(0.8, 1.2, 80), np.full(3, sd))
    return GroupErrors(name, {}, 30, "set-up error only", parts, (spread, spread[::-1]))
