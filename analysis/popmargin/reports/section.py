"""What a section of the page is made of: text, tables of cells, figures."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

# How a column sorts and breaks: a word stays whole.
Kind = Literal["text", "word", "number"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text and, where the order of texts is not that of values, the sort value."""

    text: str
    sort: float | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """Heading of a column; ``kind`` decides how it sorts and breaks."""

    title: str
    kind: Kind = "number"


@dataclass(frozen=True, slots=True)
class PageTable:
    """A table with its caption; every row has one cell per column, the first is its heading."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    file: str = ""


@dataclass(frozen=True, slots=True)
class PageFigure:
    """A figure of the page: the SVG as written by the workflow, and its words."""

    name: str
    svg: str
    title: str
    caption: str
    alt: str


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the page; the contents list names those that have something to say."""

    anchor: str
    title: str
    paragraphs: Sequence[str] = ()
    tables: Sequence[PageTable] = ()
    figures: Sequence[PageFigure] = ()
    items: Sequence[tuple[str, str]] = field(default=())
    preformatted: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.paragraphs or self.tables or self.figures or self.items)
