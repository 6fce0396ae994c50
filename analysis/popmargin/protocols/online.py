"""The rule behind every schedule of online corrections: image, correct at once, perhaps carry on.

On an imaged day an online correction leaves ``e`` (the error clipped to ``residual_mm``, 0 by
default; a random residual enters the sums of squares afterwards and is never drawn). With
``threshold_mm`` it acts only where the error that the image shows exceeds it. On other days the
patient stays as set up: uncorrected, or with the mean of the errors imaged before carried over.

Choice of ours: with carry and a threshold the image shows the error after the carried correction;
below the threshold that error is left as it is.
"""

from collections.abc import Mapping
from math import sqrt
from typing import Any, Final

from popmargin.protocols.parameter import Parameter
from popmargin.protocols.protocol import Left, Seen

CARRY: Final = "carry the mean of the errors imaged so far over to the days without an image"


def carry(default: bool) -> Parameter:
    """The parameter ``carry`` with this default.

    >>> carry(True).read("false")
    False
    """
    return Parameter("carry", "switch", default, CARRY)


def online_settings(values: Mapping[str, Any]) -> tuple[float, ...]:
    """Numbers that `online_rule` reads: carry, threshold (-1 = none), vector, clip, first.

    >>> online_settings({"residual_mm": 0.0, "threshold_mm": 5.0, "rule": "vector"})
    (0.0, 5.0, 1.0, 0.0, 0.0)
    """
    threshold = values.get("threshold_mm")
    return (
        float(values.get("carry", False)),
        -1.0 if threshold is None else float(threshold),
        float(values.get("rule") == "vector"),
        float(values["residual_mm"]),
        float(values.get("first", 0)),
    )


def online_rule(seen: Seen, left: Left) -> tuple[int, int]:
    """Image on the planned days and correct at once; see `popmargin.protocols.protocol.Rule`."""
    x, y, settings = seen.x, left.y, seen.settings
    carries, threshold, vector = settings[0] > 0.0, settings[1], settings[2] > 0.0
    clip, first = settings[3], settings[4]
    n = x.shape[0]
    start = 0
    while start < n and seen.fraction[start] <= first:
        start += 1
    left.settled[0] = left.settled[1] = left.settled[2] = start
    images, moves = 0, 0
    sum_0, sum_1, sum_2 = 0.0, 0.0, 0.0  # of the errors imaged so far
    carried_0, carried_1, carried_2 = 0.0, 0.0, 0.0  # their mean, with carry
    acts_0, acts_1, acts_2 = 0, 0, 0  # corrections so far, and those before ``start``
    early_0, early_1, early_2 = 0, 0, 0
    for j in range(n):
        shown_0, shown_1, shown_2 = x[j, 0] - carried_0, x[j, 1] - carried_1, x[j, 2] - carried_2
        if seen.planned[j] == 0:
            y[j, 0], y[j, 1], y[j, 2] = shown_0, shown_1, shown_2
            continue
        images += 1
        if carries:
            sum_0, sum_1, sum_2 = sum_0 + x[j, 0], sum_1 + x[j, 1], sum_2 + x[j, 2]
            carried_0, carried_1, carried_2 = sum_0 / images, sum_1 / images, sum_2 / images
        size_0, size_1, size_2 = abs(shown_0), abs(shown_1), abs(shown_2)
        if vector:
            size_0 = sqrt(shown_0 * shown_0 + shown_1 * shown_1 + shown_2 * shown_2)
            size_1 = size_2 = size_0
        # Selected, not branched upon: whether an error exceeds a threshold cannot be predicted.
        left_0 = min(max(x[j, 0], -clip), clip)
        left_1 = min(max(x[j, 1], -clip), clip)
        left_2 = min(max(x[j, 2], -clip), clip)
        act_0 = 1 if size_0 > threshold else 0
        act_1 = 1 if size_1 > threshold else 0
        act_2 = 1 if size_2 > threshold else 0
        y[j, 0] = left_0 if act_0 else shown_0
        y[j, 1] = left_1 if act_1 else shown_1
        y[j, 2] = left_2 if act_2 else shown_2
        acts_0, acts_1, acts_2 = acts_0 + act_0, acts_1 + act_1, acts_2 + act_2
        moves += act_0 | act_1 | act_2
        if j < start:
            early_0, early_1, early_2 = acts_0, acts_1, acts_2
    left.corrections[0], left.corrections[1], left.corrections[2] = acts_0, acts_1, acts_2
    left.online[0, 0], left.online[0, 1], left.online[0, 2] = acts_0, acts_1, acts_2
    left.online[1, 0] = acts_0 - early_0
    left.online[1, 1] = acts_1 - early_1
    left.online[1, 2] = acts_2 - early_2
    return images, moves
