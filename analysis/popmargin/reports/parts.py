"""What a report says, before it takes a form: page, PDF, or tables to paste."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from popmargin.reports.answer import Answer
from popmargin.reports.section import PageFigure, Section


@dataclass(frozen=True, slots=True)
class ReportParts:
    """Title, answers and sections of a report; sections without anything to say are not in it."""

    title: str
    version: str
    synthetic: Sequence[str]
    overrides: Sequence[Mapping[str, Any]]
    blocking: Sequence[str]
    answers: Sequence[Answer]
    sections: Sequence[Section]
    figures: Sequence[PageFigure]
