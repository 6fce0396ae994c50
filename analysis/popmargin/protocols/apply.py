"""Apply one protocol to every course: what is left, and what it took.

One rule, run in two ways: as it stands in Python for small cohorts, compiled by numba on threads
for large ones. Both give the same bits, because units are independent and each is summed in the
order of its fractions; so neither the size of a cohort nor the number of threads shows in a result.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np

from popmargin.core.exceptions import WrongUsage
from popmargin.protocols.courses import Courses
from popmargin.protocols.protocol import Floats, Left, Marks, Protocol, Rule, Seen, Whole

COMPILE_FROM_ROWS: Final = 300_000  # below, Python is done before a compiler would be
COURSE, SETTLED = 0, 1


class Applied(NamedTuple):
    """What a protocol leaves and takes, unit by unit.

    Attributes
    ----------
    images, moves : (n_units,) images made, and times the couch was corrected on any axis.
    corrections : (n_units, 3) corrections of each axis.
    settled_from : (n_units, 3) index of the first settled fraction; beyond the number of logged
        fractions when the axis never settled.
    sizes, means, squares, online : (n_units, 2, 3) fractions, mean (mm), sum of squares about the
        mean (mm2) and online corrections in the phases `COURSE` and `SETTLED`; zeros where a unit
        has no fraction in the phase.
    treated : (n_units,) fractions that were treated as logged; fewer than were logged only where
        the protocol postpones.
    errors_mm : (n_rows, 3) errors that are left, or (0, 3) when they were not asked for. The first
        ``treated`` rows of each unit count.
    """

    images: Whole
    moves: Whole
    corrections: Whole
    settled_from: Whole
    sizes: Whole
    means: Floats
    squares: Floats
    online: Whole
    treated: Whole
    errors_mm: Floats

    @classmethod
    def blank(cls, units: int, rows: int) -> "Applied":
        """All zero, for a rule to write into; ``rows`` 0 when the errors are not kept."""
        return cls(
            images=np.zeros(units, np.int64),
            moves=np.zeros(units, np.int64),
            corrections=np.zeros((units, 3), np.int64),
            settled_from=np.zeros((units, 3), np.int64),
            sizes=np.zeros((units, 2, 3), np.int64),
            means=np.zeros((units, 2, 3)),
            squares=np.zeros((units, 2, 3)),
            online=np.zeros((units, 2, 3), np.int64),
            treated=np.zeros(units, np.int64),
            errors_mm=np.empty((rows, 3)),
        )


def apply_protocol(
    protocol: Protocol,
    courses: Courses,
    others: Floats | None = None,
    *,
    keep_errors: bool = False,
    compiled: bool | None = None,
    threads: int | None = None,
) -> Applied:
    """Replay one protocol on every course.

    Parameters
    ----------
    protocol : what would have been done.
    courses : uncorrected errors of the logged fractions.
    others : (n_units or 1, 3, 3) mean (mm), systematic and random variance (mm2) per axis of the
        other patients, for protocols that use them; see `popmargin.protocols.others`.
    keep_errors : whether to return the error left at every fraction. A random residual
        (``residual_sd_mm``) is not in it: nothing is drawn.
    compiled : compile the rule; by default when there are many rows.
    threads : threads of a compiled rule, by default one per processor.

    Returns
    -------
    Applied

    Raises
    ------
    WrongUsage
        When the protocol uses the other patients and they are not given.

    Examples
    --------
    >>> from popmargin.protocols.courses import courses_from_arrays
    >>> from popmargin.protocols.parse import parse_protocol
    >>> course = courses_from_arrays([[[4, 0, 0], [5, 0, 0], [3, 0, 0], [5, 0, 0]]])
    >>> left = apply_protocol(parse_protocol("nal:images=3"), course, keep_errors=True)
    >>> left.errors_mm[:, 0].tolist(), left.images.tolist()
    ([4.0, 5.0, 3.0, 1.0], [3])
    """
    kind = protocol.kind
    if others is None and kind.uses_others:
        raise WrongUsage(f"protocol {protocol.text} needs the errors of the other patients")
    rows = courses.fraction.size
    planned = kind.planned(courses, protocol.values) if kind.planned else np.zeros(rows, np.uint8)
    settings = np.array(kind.settings(protocol.values), dtype=np.float64)
    known = np.zeros((1, 3, 3)) if others is None else np.ascontiguousarray(others)
    log = (courses.errors_mm, courses.fraction, planned, courses.offsets, known, settings)
    applied = Applied.blank(courses.unit_count, rows if keep_errors else 0)
    if rows >= COMPILE_FROM_ROWS if compiled is None else compiled:
        _run_on_threads(kind.rule, log, applied, threads or os.cpu_count() or 1)
    else:
        walk_units(kind.rule, reduce_errors, *log, applied, 0, courses.unit_count)
    return applied


def _run_on_threads(rule: Rule, log: tuple[Any, ...], applied: Applied, threads: int) -> None:
    """Share the units out among threads; the compiled loop holds no lock."""
    walk, compiled_rule, compiled_reduce = _compiled(rule)
    units = applied.images.size
    edges = [units * part // threads for part in range(threads + 1)]

    def part(first: int, last: int) -> None:
        walk(compiled_rule, compiled_reduce, *log, applied, first, last)

    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(part, first, last) for first, last in pairwise(edges)]:
            done.result()


@cache
def _compiled(rule: Rule) -> tuple[Any, Any, Any]:
    """The walk over units, a rule and the reduction, compiled once a process.

    Inlined, because a call of a rule costs as much as its loop over one course. Division follows
    numpy (no check for zero, which keeps loops from being vectorised): no rule divides by zero.
    """
    import numba  # half a second to import: only for large cohorts

    inner = numba.njit(nogil=True, error_model="numpy", forceinline=True)
    walk = numba.njit(nogil=True, error_model="numpy")
    return walk(walk_units), inner(rule), inner(reduce_errors)


def walk_units(
    rule: Rule,
    reduce: Callable[[Floats, int, Floats, Floats], None],
    errors_mm: Floats,
    fraction: Whole,
    planned: Marks,
    offsets: Whole,
    others: Floats,
    settings: Floats,
    applied: Applied,
    first: int,
    last: int,
) -> None:
    """Run a rule over units ``first`` to ``last`` and reduce each to its summaries."""
    longest = 0
    for u in range(first, last):
        longest = max(longest, offsets[u + 1] - offsets[u])
    # Errors that nobody asked for stay in a buffer that fits the cache of one processor.
    buffer = np.empty((longest, 3))
    other_means, other_squares = np.empty((2, 3)), np.empty((2, 3))
    for u in range(first, last):
        a, b = offsets[u], offsets[u + 1]
        n = b - a
        y = applied.errors_mm[a:b] if applied.errors_mm.shape[0] > 0 else buffer[:n]
        settled, means, squares = applied.settled_from[u], applied.means[u], applied.squares[u]
        known = others[min(u, others.shape[0] - 1)]
        treated = applied.treated[u : u + 1]
        treated[0] = n
        applied.images[u], applied.moves[u] = rule(
            Seen(errors_mm[a:b], fraction[a:b], planned[a:b], known, settings),
            Left(y, applied.corrections[u], applied.online[u], settled, treated),
        )
        n = treated[0]
        if n == 0:
            continue
        y = y[:n]
        reduce(y, min(settled[0], n), means, squares)
        for axis in range(3):
            applied.sizes[u, 0, axis] = n
            applied.sizes[u, 1, axis] = max(n - settled[axis], 0)
            if settled[axis] != settled[0]:  # an axis that settles by itself
                reduce(y, min(settled[axis], n), other_means, other_squares)
                means[1, axis] = other_means[1, axis]
                squares[1, axis] = other_squares[1, axis]


def reduce_errors(y: Floats, start: int, means: Floats, squares: Floats) -> None:
    """Mean and sum of squares of all fractions (row 0) and of those from ``start`` (row 1).

    Deviations are from the first value, so that equal values give exactly zero squares. The three
    axes go side by side, which is three times as fast as one after the other.
    """
    n = y.shape[0]
    late = n - start
    first_0, first_1, first_2 = y[0, 0], y[0, 1], y[0, 2]
    early_0, early_1, early_2 = 0.0, 0.0, 0.0
    late_0, late_1, late_2 = 0.0, 0.0, 0.0
    for j in range(start):
        early_0 += y[j, 0] - first_0
        early_1 += y[j, 1] - first_1
        early_2 += y[j, 2] - first_2
    for j in range(start, n):
        late_0 += y[j, 0] - first_0
        late_1 += y[j, 1] - first_1
        late_2 += y[j, 2] - first_2
    means[0, 0] = first_0 + (early_0 + late_0) / n
    means[0, 1] = first_1 + (early_1 + late_1) / n
    means[0, 2] = first_2 + (early_2 + late_2) / n
    early_0, early_1, early_2 = (
        early_0 / max(start, 1),
        early_1 / max(start, 1),
        early_2 / max(start, 1),
    )
    late_0, late_1, late_2 = late_0 / max(late, 1), late_1 / max(late, 1), late_2 / max(late, 1)
    # Between the two parts of the course, then within each.
    share = start * late / n
    square_0 = (late_0 - early_0) * (late_0 - early_0) * share
    square_1 = (late_1 - early_1) * (late_1 - early_1) * share
    square_2 = (late_2 - early_2) * (late_2 - early_2) * share
    for j in range(start):
        off_0, off_1, off_2 = (
            y[j, 0] - first_0 - early_0,
            y[j, 1] - first_1 - early_1,
            y[j, 2] - first_2 - early_2,
        )
        square_0, square_1, square_2 = (
            square_0 + off_0 * off_0,
            square_1 + off_1 * off_1,
            square_2 + off_2 * off_2,
        )
    settled_0, settled_1, settled_2 = 0.0, 0.0, 0.0
    for j in range(start, n):
        off_0, off_1, off_2 = (
            y[j, 0] - first_0 - late_0,
            y[j, 1] - first_1 - late_1,
            y[j, 2] - first_2 - late_2,
        )
        settled_0, settled_1, settled_2 = (
            settled_0 + off_0 * off_0,
            settled_1 + off_1 * off_1,
            settled_2 + off_2 * off_2,
        )
    squares[0, 0], squares[0, 1], squares[0, 2] = (
        square_0 + settled_0,
        square_1 + settled_1,
        square_2 + settled_2,
    )
    if late > 0:
        means[1, 0], means[1, 1], means[1, 2] = first_0 + late_0, first_1 + late_1, first_2 + late_2
        squares[1, 0], squares[1, 1], squares[1, 2] = settled_0, settled_1, settled_2
