"""Which options are worth a look: dominated ones, and the Pareto frontier in two or three criteria.

Assumptions: less is better in every criterion (margin, minutes, cost, dose, images). Limits: the
frontier is one of point values; where intervals overlap a neighbour may be as good. Equal options
do not dominate each other.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.exceptions import OutOfRange


def dominating_option(values: ArrayLike) -> NDArray[np.int64]:
    """For every option one that is nowhere worse and somewhere better; -1 where there is none.

    Parameters
    ----------
    values : (options, criteria), less is better; an option with a NaN takes no part.

    Returns
    -------
    (options,) index of a dominating option that is itself not dominated, or -1.

    Raises
    ------
    OutOfRange
        When the values are no table of at least one criterion.

    Examples
    --------
    Option 2 is dominated by option 1; option 3 cannot be compared.

    >>> dominating_option([[1, 9], [4, 4], [5, 4], [np.nan, 0]]).tolist()
    [-1, -1, 1, -1]
    """
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] == 0:
        raise OutOfRange("values", "(options, criteria)", table.shape)
    known: NDArray[np.bool_] = np.asarray(np.isfinite(table).all(axis=1))
    filled = np.where(known[:, None], table, np.inf)
    no_worse = (filled[:, None, :] <= filled[None, :, :]).all(axis=2)
    better = (filled[:, None, :] < filled[None, :, :]).any(axis=2)
    dominates = np.asarray(no_worse & better & known[:, None] & known[None, :])
    on_frontier = np.asarray(known & ~dominates.any(axis=0))
    by_frontier = np.asarray(dominates & on_frontier[:, None])
    first = by_frontier.argmax(axis=0)
    return np.where(by_frontier.any(axis=0), first, -1).astype(np.int64)


def pareto_frontier(values: ArrayLike) -> NDArray[np.bool_]:
    """Options that no other dominates; an option with a NaN is not among them.

    Parameters: as `dominating_option`. Returns (options,) true or false.

    >>> pareto_frontier([[1, 9], [4, 4], [5, 4], [9, 1]]).tolist()
    [True, True, False, True]
    """
    table = np.asarray(values, dtype=np.float64)
    return np.asarray((dominating_option(table) < 0) & np.isfinite(table).all(axis=1))


def check_criteria(criteria: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """Two or three different criteria; `OutOfRange` otherwise.

    >>> check_criteria(["margin_mm", "minutes_per_course"], ["margin_mm", "minutes_per_course"])
    ('margin_mm', 'minutes_per_course')
    """
    chosen = tuple(criteria)
    if not 2 <= len(set(chosen)) == len(chosen) <= 3 or set(chosen) - set(known):
        raise OutOfRange("criteria", f"two or three of {', '.join(known)}", ", ".join(chosen))
    return chosen
