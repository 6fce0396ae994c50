"""Slow motion seen in traces: displacements of the mean position, block by block.

A trace is cut into blocks of some seconds, long against a breath; the mean of a block is where the
target stood, with its breathing averaged out. Displacements are taken over steps of one, two and
four blocks in turn, which do not overlap: their different lengths tell a random walk from what two
means add whatever the time (breathing left over, noise of the camera).

Assumptions: what moves within a block averages out; a step over a gap of the trace counts with the
time it took. Limits: a mean over a block of length b hides a third of the walk of each block, which
leaves its growth per minute unbiased; a fidget that goes back within a block is not seen; where a
trace starts says nothing of set-up, so no share in the errors follows from it; a single amplitude
has no axis and is left out.
"""

import itertools
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from popmargin.core.axes import TRANSLATIONS, axis_column
from popmargin.core.checks import positive
from popmargin.core.exceptions import RefusedInput
from popmargin.motion.trace_cleaning import CleanTrace, clean_trace

FloatArray = NDArray[np.float64]
GROUP: Final = "traces"
SURROGATE: Final = "trace"
BLOCK_S: Final = 15.0
_PATTERN: Final = (1, 2, 4)
_SCHEMA: Final[dict[str, Any]] = {
    "group": pl.String, "patient_id": pl.String, "course": pl.String, "plan": pl.String,
    "fraction": pl.Int64, "surrogate": pl.String, "step": pl.Int64, "minutes": pl.Float64,
    "step_minutes": pl.Float64,
    **{f"{kind}_{axis_column(a)}": pl.Float64
       for kind in ("start", "moved", "step") for a in TRANSLATIONS},
    "last": pl.Boolean,
}  # fmt: skip


def moves_of_traces(traces: pl.DataFrame, *, block_s: float = BLOCK_S) -> pl.DataFrame:
    """Displacements within traces, in the form of `popmargin.motion.moves`.

    Parameters
    ----------
    traces : canonical traces with ``patient_id``, ``fraction``, ``t_s`` and positions in mm on any
        of the three axes.
    block_s : seconds of a block, > 0; several breaths long.

    Returns
    -------
    One row a step and trace, group and surrogate ``traces`` and ``trace``; ``start_*`` is empty.
    Traces that cannot be cleaned or are shorter than two blocks give no row.

    Raises
    ------
    OutOfRange
        For a block that is not longer than nothing.

    Examples
    --------
    >>> t = np.arange(600.0)
    >>> moves = moves_of_traces(pl.DataFrame({
    ...     "patient_id": "p", "fraction": 1, "t_s": t, "si_mm": t / 60.0}), block_s=60.0)
    >>> moves["step_minutes"].round(1).to_list(), moves["moved_si_mm"].round(1).to_list()
    ([1.0, 2.0, 4.0, 1.0, 1.0], [1.0, 3.0, 7.0, 8.0, 9.0])
    """
    positive("block_s", block_s)
    axes = [axis_column(axis) for axis in TRANSLATIONS if axis_column(axis) in traces.columns]
    if not axes:
        return pl.DataFrame(schema=_SCHEMA)
    parts = traces.partition_by("patient_id", "fraction", as_dict=True, maintain_order=True)
    rows = [
        row
        for (patient, fraction), part in sorted(parts.items())
        for row in _steps(part, axes, block_s, {"patient_id": patient, "fraction": fraction})
    ]
    return pl.DataFrame(rows, schema=_SCHEMA, infer_schema_length=None)


def block_means(trace: CleanTrace, block_s: float) -> tuple[FloatArray, FloatArray]:
    """Mean time in seconds and mean position of every block that is at least half observed.

    >>> trace = clean_trace(np.arange(40.0), np.arange(40.0))
    >>> block_means(trace, 20.0)[1].ravel().round(1).tolist()
    [9.7, 29.3]
    """
    block = np.floor((trace.t_s - trace.t_s[0]) / block_s + 1e-9)
    first = np.flatnonzero(np.diff(block, prepend=-1.0))
    time = np.add.reduceat(trace.weight_s, first)
    mean_s = np.add.reduceat(trace.weight_s * trace.t_s, first)
    sums = np.stack(
        [np.add.reduceat(trace.weight_s * column, first) for column in trace.position_mm.T], axis=1
    )
    kept = time >= 0.5 * block_s
    return mean_s[kept] / time[kept], sums[kept] / time[kept, None]


def _steps(
    part: pl.DataFrame, axes: list[str], block_s: float, head: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    positions = part.select(pl.col(axes).cast(pl.Float64).fill_null(np.nan)).to_numpy()
    try:
        trace = clean_trace(part["t_s"].to_numpy(), positions)
    except RefusedInput:
        return  # named where the breathing of the same trace is described
    time, mean = block_means(trace, block_s)
    places = _places(time.size)
    for step, (before, now) in enumerate(itertools.pairwise(places), start=1):
        row: dict[str, Any] = {
            **head, "group": GROUP, "course": "1", "plan": "1", "surrogate": SURROGATE,
            "step": step, "last": now == places[-1],
            "minutes": float(time[now] - time[0]) / 60.0,
            "step_minutes": float(time[now] - time[before]) / 60.0,
        }  # fmt: skip
        for place, axis in enumerate(axes):
            row[f"moved_{axis}"] = float(mean[now, place] - mean[0, place])
            row[f"step_{axis}"] = float(mean[now, place] - mean[before, place])
        yield row


def _places(n: int) -> list[int]:
    """Blocks that steps of one, two and four end at; the last block always."""
    places = [0] if n else []
    while places and places[-1] < n - 1:
        places.append(min(n - 1, places[-1] + _PATTERN[(len(places) - 1) % len(_PATTERN)]))
    return places
