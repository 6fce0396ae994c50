r"""Critical values of a trial with one interim look, by O'Brien-Fleming-like spending.

Assumptions: a normal test statistic whose information grows with the patients. Limits: one look,
efficacy only; a look at another time than planned needs its own value.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from popmargin.core.checks import share
from popmargin.trials.normal import critical_value, probability_below

_NODES: Final = 200


@dataclass(frozen=True, slots=True)
class TwoLooks:
    """Critical values of the absolute z statistic at the interim look and at the end."""

    information: float
    interim: float
    final: float


def obrien_fleming(information: float, *, alpha: float = 0.05) -> TwoLooks:
    r"""Critical values of two looks that spend alpha as O'Brien and Fleming would.

    .. math:: \alpha(t) = 4 - 4\Phi(z_{1-\alpha/4} / \sqrt t)

    Parameters
    ----------
    information : share of the patients at the interim look, inside (0, 1).
    alpha : two-sided type I error, inside (0, 1).

    Raises
    ------
    OutOfRange
        When an argument is outside its range.

    Notes
    -----
    Lan KKG and DeMets DL, Biometrika 1983;70:659 (recalled); two equally spaced looks at 0.05 give
    2.963 and 1.969 (their table, recalled).

    Examples
    --------
    >>> looks = obrien_fleming(0.5)
    >>> round(looks.interim, 3), round(looks.final, 3)
    (2.963, 1.969)
    """
    share("information", information)
    # Each side spends half of alpha.
    full = critical_value(alpha / 2.0, sides=2)
    spent = 4.0 - 4.0 * probability_below(full / math.sqrt(information))
    interim = critical_value(spent, sides=2)
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    # z1 between the interim limits; given z1 the final z is normal about sqrt(t) z1.
    first = interim * nodes
    density = interim * weights * np.exp(-0.5 * first**2) / math.sqrt(2.0 * math.pi)
    root, rest = math.sqrt(information), math.sqrt(1.0 - information)

    def crossed(limit: float) -> float:
        above = [1.0 - probability_below((limit - root * z) / rest) for z in first]
        below = [probability_below((-limit - root * z) / rest) for z in first]
        return float(density @ (np.asarray(above) + np.asarray(below)))

    low, high = 0.0, 10.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if crossed(middle) > alpha - spent else (low, middle)
    return TwoLooks(information, interim, 0.5 * (low + high))
