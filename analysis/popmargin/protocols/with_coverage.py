"""Rows of replayed protocols with what their margin, and the one in use, covers.

Assumptions and limits: those of `popmargin.protocols.protocol_coverage`: the share of patients
belongs to the margins of all three axes together, and stands in the row of each.
"""

from collections.abc import Iterable
from typing import Any, Final

import polars as pl

from popmargin.margins.coverage_question import CoverageQuestion
from popmargin.protocols.courses import Courses
from popmargin.protocols.protocol_coverage import protocol_coverage
from popmargin.protocols.replayed import Replayed

_SHARES: Final = ("coverage", "coverage_low", "coverage_high", "logged_coverage")
COVERAGE_COLUMNS: Final = (*_SHARES, *(f"present_{name}" for name in _SHARES))
"""Of the protocol's own margin by the first recipe, and of the margin in use."""


def with_coverage(
    rows: pl.DataFrame,
    each: Iterable[Replayed],
    courses: Courses,
    question: CoverageQuestion,
    *,
    withheld: bool = False,
) -> pl.DataFrame:
    """Rows of `popmargin.protocols.replay` with `COVERAGE_COLUMNS`.

    Parameters
    ----------
    rows : with ``protocol``, ``phase`` and ``recipe``; each : the protocols, replayed with their
        errors kept; courses : what they were replayed on.
    question : target, course and margins; its first recipe is judged, rows of others stay empty.
    withheld : a blocking flag stands, and no share is given.

    Returns
    -------
    Shares from 0 to 1; empty where they are not estimable. Where a protocol is settled from the
    start, both phases have the same.
    """
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for done in each:
        for row in protocol_coverage(done, courses, question, group="all", withheld=withheld):
            found[done.text, row["phase"], row["kind"]] = row
    judged = question.recipes[0].name

    def shares(protocol: str, phase: str, recipe: str) -> list[float | None]:
        values: list[float | None] = []
        for kind in ("recipe", "present"):
            row = found.get((protocol, phase, kind)) or found.get((protocol, "course", kind)) or {}
            values += [row.get(name) if recipe == judged else None for name in _SHARES]
        return values

    keys = rows.select("protocol", "phase", "recipe").rows()
    columns = zip(*(shares(*key) for key in keys), strict=True)
    named = zip(COVERAGE_COLUMNS, columns, strict=True)
    return rows.with_columns(pl.Series(name, values, dtype=pl.Float64) for name, values in named)
