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
    """

    name: str
    tables: tuple[str, ...]
    title: str
    caption: str
    alt: str

    @property
    def plot(self) -> Callable[..., Figure]:
        """The function ``plot_<name>`` of the figure's module."""
        module = importlib.import_module(f"popmargin.figures.{self.name}")
        function: Callable[..., Figure] = getattr(module, f"plot_{self.name}")
        return function

    def has_data(self, tables: Mapping[str, pl.DataFrame]) -> bool:
        """Whether every table that it needs is there and has a row."""
        return all(name in tables and not tables[name].is_empty() for name in self.tables)

    def draw(self, tables: Mapping[str, pl.DataFrame]) -> Figure | None:
        """The figure, or nothing when a table that it needs is absent or empty."""
        return self.plot(*map(tables.get, self.tables)) if self.has_data(tables) else None
