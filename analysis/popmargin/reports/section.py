"""What a section of the page is made of: text, tables of cells, figures."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

_LONGEST_MEAN: Final = 60.0

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


def column_widths(rows: Sequence[Sequence[str]]) -> list[float]:
    """Relative widths of columns by the length of their texts, none too narrow for a word.

    >>> column_widths([["a", "b" * 100], ["a", "b"]])
    [8.0, 50.5]
    """
    if not rows:
        return []
    columns = list(zip(*rows, strict=True))
    means = [sum(map(len, column)) / len(column) for column in columns]
    words = [
        max((len(word) for text in column for word in text.split()), default=1)
        for column in columns
    ]
    # A long text takes lines, not the room of others; a word needs its letters and the padding.
    return [
        max(min(mean, _LONGEST_MEAN), min(longest, 14) + 3.0, 8.0)
        for mean, longest in zip(means, words, strict=True)
    ]
