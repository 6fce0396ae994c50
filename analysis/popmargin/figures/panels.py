"""Grids of panels in millimetres: one row a group, its name and numbers above it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from popmargin.figures.style import FAINT, MM_PER_INCH, SOFT, plain_label

MAXIMUM_GROUPS: Final = 8
ESTIMATORS: Final = ("anova", "reml", "conventional")
_NOTE_MM: Final = 4.0
PAGE_MM: Final = 240.0  # what a figure may take of an A4 page


@dataclass(frozen=True, slots=True)
class Grid:
    """Panels of a figure, their sizes in mm kept for placing text."""

    figure: Figure
    panels: NDArray[Any]
    width_mm: float
    height_mm: float

    def row_title(self, row: int, title: str, detail: str = "") -> None:
        """Write the group's name in bold above a row, and its numbers behind it."""
        self.title(self.panels[row, 0], title, detail, last=self.panels[row, -1], letters=48)

    def title(
        self,
        panel: Axes,
        title: str,
        detail: str = "",
        *,
        last: Axes | None = None,
        letters: int = 34,
    ) -> None:
        """Write a name in bold above a panel, and its numbers above the end of the ``last``."""
        box, end = panel.get_position(), (last or panel).get_position()
        above = box.y1 + 2.4 / self.height_mm
        name = plain_label(title, letters)
        self.figure.text(box.x0, above, name, fontweight="bold", fontsize=7.5)
        if detail:
            self.figure.text(end.x1, above, detail, fontsize=6.5, color=SOFT, ha="right")

    def column_titles(self, titles: Iterable[str]) -> None:
        """Write what each column holds, at the head of the figure."""
        for panel, title in zip(self.panels[0], titles, strict=True):
            box = panel.get_position()
            self.figure.text(
                (box.x0 + box.x1) / 2.0, 1.0 - 3.6 / self.height_mm, title, ha="center"
            )

    def note(self, text: str) -> None:
        """Write a remark at the foot of the figure."""
        if text:
            self.figure.text(
                2.0 / self.width_mm, 1.2 / self.height_mm, text, fontsize=6.0, color=SOFT
            )

    def legend(self, handles: Sequence[Any], *, columns: int | None = None) -> None:
        """Place one legend for all panels at the foot, above the note."""
        self.figure.legend(
            handles=handles,
            loc="lower center",
            bbox_to_anchor=(0.5, (_NOTE_MM - 0.5) / self.height_mm),
            ncols=columns or len(handles),
            borderpad=0.0,
            columnspacing=1.6,
        )


def panel_grid(
    rows: int,
    columns: int,
    *,
    width_mm: float,
    panel_mm: float | Sequence[float],
    left_mm: float = 12.0,
    right_mm: float = 3.0,
    head_mm: float = 11.0,
    foot_mm: float = 17.0,
    gap_mm: tuple[float, float] = (4.0, 10.0),
) -> Grid:
    """Lay out ``rows`` x ``columns`` panels.

    ``panel_mm`` is the height of every row, or of each; ``head_mm`` holds the column titles and
    the first row's title, ``foot_mm`` the lowest axis, the legend and the note, ``gap_mm`` is the
    space between columns and between rows (with the row's title). No row gives one empty panel.
    """
    across, down = gap_mm
    heights = [panel_mm] * rows if isinstance(panel_mm, int | float) else list(panel_mm)
    heights = heights or [20.0]
    height = head_mm + sum(heights) + (len(heights) - 1) * down + foot_mm
    wide = (width_mm - left_mm - right_mm - (columns - 1) * across) / columns
    figure = Figure(figsize=(width_mm / MM_PER_INCH, height / MM_PER_INCH))
    panels = np.empty((len(heights), columns), dtype=object)
    bottom = height - head_mm + down
    for row, tall in enumerate(heights):
        bottom -= tall + down
        for column in range(columns):
            left = left_mm + column * (wide + across)
            panels[row, column] = figure.add_axes(
                (left / width_mm, bottom / height, wide / width_mm, tall / height)
            )
    return Grid(figure, panels, width_mm, height)


def page_row_mm(rows: int, *, tallest: float = 32.0) -> float:
    """Height of a panel in mm that keeps ``rows`` rows with the usual gaps on a page.

    >>> page_row_mm(3), page_row_mm(8)
    (32.0, 17.75)
    """
    return min(tallest, (PAGE_MM - 18.0) / max(rows, 1) - 10.0)


def tidy(panel: Axes, *, x_ticks: int = 5, y_ticks: int = 4) -> None:
    """Few round ticks on both axes."""
    panel.xaxis.set_major_locator(MaxNLocator(x_ticks, steps=[1, 2, 5, 10]))
    panel.yaxis.set_major_locator(MaxNLocator(y_ticks, steps=[1, 2, 5, 10]))


def share_limits(panels: Iterable[Axes], *, x: bool = False, y: bool = True) -> None:
    """Give panels common limits; all but the first lose the tick labels of a shared y axis.

    Panels without axes, where nothing is drawn, are left out.
    """
    row = [panel for panel in panels if panel.axison]
    if not row:
        return
    if x:
        limits = [panel.get_xlim() for panel in row]
        for panel in row:
            panel.set_xlim(min(low for low, _ in limits), max(high for _, high in limits))
    if y:
        limits = [panel.get_ylim() for panel in row]
        for panel in row:
            panel.set_ylim(min(low for low, _ in limits), max(high for _, high in limits))
        for panel in row[1:]:
            panel.tick_params(labelleft=False)


def lowest(panels: Sequence[Axes]) -> Axes:
    """The lowest panel of a column in which something is drawn, for the label of its x axis."""
    return next((panel for panel in panels[::-1] if panel.axison), panels[-1])


def label_lowest(panels: Iterable[Axes]) -> None:
    """Keep the tick labels of a shared x axis at the lowest of panels in a column."""
    column = [panel for panel in panels if panel.axison]
    for panel in column[:-1]:
        panel.tick_params(labelbottom=False)


def share_alike(panels: Iterable[Axes]) -> None:
    """Give a column of panels one x scale where theirs are alike, its numbers at the foot.

    Where the narrowest is less than half as wide as the widest, each panel keeps its own.
    """
    column = [panel for panel in panels if panel.axison]
    widths = [high - low for low, high in (panel.get_xlim() for panel in column)]
    if widths and 2.0 * min(widths) >= max(widths):
        share_limits(column, x=True, y=False)
        label_lowest(column)


def draw_bars(
    panel: Axes, places: ArrayLike, start: ArrayLike, end: ArrayLike, height: ArrayLike, **look: Any
) -> None:
    """Draw level bars as one shape, which takes a fifth of the time of one shape each.

    Parameters
    ----------
    panel : axes drawn on.
    places, start, end, height : middle of each bar on the y axis, where it starts and ends on the
        x axis, and how high it is; one number stands for all.
    look : how the shape looks, as of `matplotlib.patches.PathPatch`.
    """
    middle, left, right, tall = np.broadcast_arrays(places, start, end, height)
    low, high = middle - tall / 2.0, middle + tall / 2.0
    corners = np.stack([left, low, right, low, right, high, left, high, left, low], axis=-1)
    outlines = [Path(outline.reshape(5, 2), closed=True) for outline in corners]
    if outlines:
        shape = PathPatch(Path.make_compound_path(*outlines), **look)
        shape.sticky_edges.x.extend(np.unique(left))  # a scale may begin where the bars do
        panel.add_patch(shape)
        panel.autoscale_view()


def say_empty(panel: Axes, text: str = "not estimable") -> None:
    """Say in the panel why nothing is drawn, in place of its axes."""
    panel.set_axis_off()
    panel.text(0.5, 0.5, text, transform=panel.transAxes, ha="center", va="center", color=FAINT)


def largest_groups(table: pl.DataFrame) -> tuple[list[str], str]:
    """Groups to draw, in the table's order, and the remark that says which are left out."""
    if "n_patients" in table.columns:
        size = pl.col("n_patients").max()
    elif "patient_id" in table.columns:
        size = pl.col("patient_id").n_unique()
    else:
        size = pl.col("n").max()
    sizes = table.group_by("group", maintain_order=True).agg(size.alias("size"))
    ranked = sizes.sort("size", descending=True, nulls_last=True, maintain_order=True)
    kept = set(ranked["group"].head(MAXIMUM_GROUPS))
    groups = [group for group in sizes["group"].to_list() if group in kept]
    left_out = sizes.height - len(groups)
    note = f"Shown: the {len(groups)} largest of {sizes.height} groups." if left_out else ""
    return groups, note


def one_estimator(population_errors: pl.DataFrame) -> pl.DataFrame:
    """Rows of the first estimator present, in the order anova, reml, conventional."""
    present = set(population_errors["estimator"])
    chosen = next((name for name in ESTIMATORS if name in present), None)
    return population_errors.filter(pl.col("estimator") == chosen)


def numbers_of(population_errors: pl.DataFrame, group: str) -> str:
    """How many patients and fractions stand behind a group, for its row title."""
    rows = population_errors.filter(group=group)
    if rows.is_empty():
        return ""
    patients, units, fractions = (
        int(rows[name].max() or 0)  # type: ignore[arg-type]  # integers by contract
        for name in ("n_patients", "n_units", "n_fractions")
    )
    plans = f", {units:,} plans" if units != patients else ""
    return f"n = {patients:,} patients{plans}, {fractions:,} fractions"


def patients_of(table: pl.DataFrame) -> str:
    """The most patients behind a row of a table, as a short title says it.

    >>> patients_of(pl.DataFrame({"n_patients": [28, None]}))
    'n = 28'
    """
    most = int(table["n_patients"].max() or 0)  # type: ignore[arg-type]  # integers by contract
    return f"n = {most:,}" if most else ""


def row_at(table: pl.DataFrame, **where: str) -> Mapping[str, Any]:
    """The first row where the columns have these values, empty where there is none."""
    rows = table.filter(**where).head(1).rows(named=True)
    return rows[0] if rows else {}
