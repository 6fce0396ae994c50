"""What a section of the page is made of: text, tables of cells, figures."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text and, where the order of texts is not that of values, the sort value."""

    text: str
    sort: float | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """Heading of a column; ``kind`` decides how it sorts and breaks (a ``word`` stays whole)."""

    title: str
    kind: Literal["text", "word", "number"] = "number"


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


def text_columns(*titles: str) -> list[Column]:
    """Columns of text with these headings."""
    return [Column(title, "text") for title in titles]


def cells(texts: Iterable[str]) -> list[Cell]:
    """Cells that sort by their text."""
    return [Cell(text) for text in texts]
