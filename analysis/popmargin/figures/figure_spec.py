"""What a figure needs and what it says: the entry of the registry."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:  # the registry is read where nothing is drawn
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class FigureSpec:
    """One figure of the report.

    ``name`` is that of its module and files. ``tables`` are what its function takes, in that
    order; the first of them is the data written beside the figure. ``title`` and ``caption`` say
    what is shown and what to look for, ``alt`` describes it to a reader who cannot see it.
    ``worth`` looks at these tables where rows alone do not say whether there is something to show.
    """

    name: str
    tables: tuple[str, ...]
    title: str
    caption: str
    alt: str
    worth: Callable[..., bool] | None = None

    @property
    def plot(self) -> Callable[..., Figure]:
        """The function ``plot_<name>`` of the figure's module."""
        module = importlib.import_module(f"popmargin.figures.{self.name}")
        function: Callable[..., Figure] = getattr(module, f"plot_{self.name}")
        return function

    def has_data(self, tables: Mapping[str, pl.DataFrame]) -> bool:
        """Whether every table that it needs is there with rows, and holds something to show."""
        if any(name not in tables or tables[name].is_empty() for name in self.tables):
            return False
        return self.worth is None or self.worth(*map(tables.get, self.tables))

    def draw(self, tables: Mapping[str, pl.DataFrame]) -> Figure | None:
        """The figure, or nothing when a table that it needs is absent or shows nothing."""
        return self.plot(*map(tables.get, self.tables)) if self.has_data(tables) else None
