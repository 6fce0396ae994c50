"""How much patients differ in their random error: the shape of the inverse gamma behind it.

The coefficient of variation of the patients' true variances, over chance, is averaged (as its
square) over the three axes, because one factor scales all axes of a patient in the simulation.

Assumes near normal errors within a patient. Limits: with few patients the spread is uncertain, and
its interval is not carried on; patients whose axes differ each in its own way are not modelled.

Source: Herschtal A et al., Phys Med Biol 2012;57:2743-55.
"""

from collections.abc import Sequence

import numpy as np

from popmargin.core.axes import TRANSLATIONS
from popmargin.core.exceptions import NotEstimable
from popmargin.errors.population import AxisEstimate
from popmargin.statistics.heterogeneity import variance_heterogeneity
from popmargin.statistics.inverse_gamma import InverseGamma


def random_variance_shapes(estimates: Sequence[AxisEstimate]) -> dict[str, float]:
    """Inverse-gamma shape of the patients' random variances by group.

    Parameters: population errors; rotations are left out. Groups whose patients do not differ
    beyond chance, or where that cannot be told, are absent.

    >>> random_variance_shapes([])
    {}
    """
    squares: dict[str, list[float]] = {}
    for item in estimates:
        if item.axis not in TRANSLATIONS:
            continue
        try:
            found = variance_heterogeneity(item.source.data)
        except NotEstimable:
            continue
        if found is not None:
            squares.setdefault(item.group, []).append(found.variation**2)
    return {
        group: InverseGamma.from_moments(1.0, float(np.sqrt(np.mean(values)))).shape
        for group, values in squares.items()
        if np.mean(values) > 0.0
    }
