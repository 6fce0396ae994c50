"""What a figure needs and what it says: the entry of the registry."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl
from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class FigureSpec:
    """One figure of the report.

    ``plot`` takes the tables named in ``tables``, in that order; the first of them is the data
    written beside the figure. ``title`` and ``caption`` say what is shown and what to look for,
    ``alt`` describes it to a reader who cannot see it.
    """

    plot: Callable[..., Figure]
    tables: tuple[str, ...]
    title: str
    caption: str
    alt: str

    def draw(self, tables: Mapping[str, pl.DataFrame]) -> Figure | None:
        """The figure, or nothing when a table that it needs is absent or empty."""
        wanted = [tables.get(name) for name in self.tables]
        present = [table for table in wanted if table is not None and not table.is_empty()]
        return self.plot(*present) if len(present) == len(wanted) else None
