"""A share with its exact interval.

Assumptions: independent subjects. Limits: the exact interval holds at least its level, so that it
is wide with few subjects; a share among subjects with unequal follow-up understates a risk.
"""

from dataclasses import dataclass

from popmargin.core.checks import share, whole
from popmargin.core.exceptions import NotEstimable, OutOfRange


@dataclass(frozen=True, slots=True)
class Proportion:
    """A share of ``total`` subjects with two-sided limits."""

    events: int
    total: int
    value: float
    low: float
    high: float


def exact_proportion(events: int, total: int, *, level: float = 0.95) -> Proportion:
    """Share of subjects with an event, with the interval of Clopper and Pearson.

    Parameters
    ----------
    events : >= 0, at most ``total``.  total : subjects.  level : inside (0, 1).

    Raises
    ------
    NotEstimable
        Without subjects.
    OutOfRange
        For numbers out of range.

    Notes
    -----
    Clopper CJ and Pearson ES, Biometrika 1934;26:404.

    Examples
    --------
    No event among 20: the upper limit is 1 - 0.025^(1/20).

    >>> found = exact_proportion(0, 20)
    >>> found.low, round(found.high, 4)
    (0.0, 0.1684)
    """
    from scipy.special import betaincinv

    count = whole("total", total, at_least=0)
    if count == 0:
        raise NotEstimable("no subject")
    hits = whole("events", events, at_least=0)
    if hits > count:
        raise OutOfRange("events", f"at most the {count} subjects", events)
    tail = 0.5 * (1.0 - share("level", level))
    low = float(betaincinv(hits, count - hits + 1.0, tail)) if hits else 0.0
    high = float(betaincinv(hits + 1.0, count - hits, 1.0 - tail)) if hits < count else 1.0
    return Proportion(hits, count, hits / count, low, high)
