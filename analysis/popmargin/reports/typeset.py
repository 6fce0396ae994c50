"""The report as a PDF, typeset by typst from the same parts as the page.

Every text goes to the template as data, so that no label is read as markup. No date and no machine
name go in: the same parts give the same bytes. Nothing is fetched, and no font of the machine is
used.
"""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from popmargin.core.resources import resource_path
from popmargin.reports.answer import Answer
from popmargin.reports.parts import ReportParts
from popmargin.reports.section import Cell, PageTable, Section

# What a reader leafs through; longer tables are in their files.
MAXIMUM_ROWS: Final = 40
# Width of the text of an A4 page upright and on its side, pt, and of a letter in its own size.
_UPRIGHT_PT, _SIDEWAYS_PT, _LETTER_EM = 482.0, 728.0, 0.52
_LARGEST_PT, _LEGIBLE_PT, _SMALLEST_PT = 8.5, 6.0, 5.0
_LONGEST_LINE: Final = 30


def render_pdf(parts: ReportParts) -> bytes:
    """The report as PDF, A4, with tagged structure.

    Raises whatever typst finds wrong with a figure; text cannot be wrong.
    """
    import typst
    from matplotlib import get_data_path

    compile_document: Callable[..., object] = typst.compile
    document = compile_document(
        (resource_path("reports", "templates") / "report.typ").read_bytes(),
        font_paths=[str(Path(get_data_path()) / "fonts" / "ttf")],
        ignore_system_fonts=True,
        sys_inputs={"report": json.dumps(_document(parts), ensure_ascii=False, allow_nan=False)},
        timestamp=0,
    )
    if not isinstance(document, bytes):
        raise TypeError(f"a PDF as bytes, not {type(document).__name__}")
    return document


def _document(parts: ReportParts) -> dict[str, Any]:
    overrides = [f"{o['flag']}. Reason given: {o['reason']}" for o in parts.overrides]
    return {
        "kind": "Set-up errors and margins",
        "title": parts.title,
        "version": f"popmargin {parts.version}" if parts.version else "popmargin",
        "synthetic": list(parts.synthetic),
        "overrides": overrides,
        "blocking": list(parts.blocking),
        "answers": [_card(answer) for answer in parts.answers],
        "sections": [_section(section) for section in parts.sections],
    }


def _card(answer: Answer) -> dict[str, Any]:
    covers = f"Covers: {answer.covers}. {answer.meaning}".strip()
    said = (answer.sentence, answer.off_centre, answer.coverage, covers)
    words = [text for text in said if text]
    return {
        "group": answer.group,
        "sample": answer.sample,
        "heading": answer.heading[:1].upper() + answer.heading[1:],
        "recipe": answer.recipe,
        "level": answer.level,
        "withheld": answer.withheld,
        "words": words,
        "axes": [
            {
                "label": axis.label,
                "margin": axis.margin,
                "interval": axis.interval or "",
                "present": axis.present or "",
                "verdict": axis.verdict or "",
            }
            for axis in answer.axes
        ],
    }


def _section(section: Section) -> dict[str, Any]:
    return {
        "title": section.title,
        "paragraphs": list(section.paragraphs),
        "tables": [_table(table) for table in section.tables],
        "items": [[breakable(text) for text in item] for item in section.items],
        "figures": [
            {"svg": f.svg, "alt": f.alt, "title": f.title, "caption": f.caption}
            for f in section.figures
        ],
    }


def _table(table: PageTable) -> dict[str, Any]:
    rows: Sequence[Sequence[Cell]] = table.rows[:MAXIMUM_ROWS]
    left_out = len(table.rows) - len(rows)
    letters = [_letters(table, place) for place in range(len(table.columns))]
    upright = _UPRIGHT_PT / (_LETTER_EM * sum(letters))
    sideways = upright < _LEGIBLE_PT
    size = _SIDEWAYS_PT / (_LETTER_EM * sum(letters)) if sideways else upright
    return {
        "caption": table.caption,
        "sideways": sideways,
        "size": min(max(size, _SMALLEST_PT), _LARGEST_PT),
        "columns": [
            {"title": column.title, "number": column.kind == "number", "share": width}
            for column, width in zip(table.columns, letters, strict=True)
        ],
        "rows": [[breakable(cell.text) for cell in row] for row in rows],
        "left_out": f"{left_out} more rows in {table.file or 'the page'}." if left_out else "",
    }


def breakable(text: str) -> str:
    """Text whose long names may break after a joint, and long digests anywhere.

    >>> breakable("nal:images=3").split("\u200b")
    ['nal:', 'images=', '3']
    """
    joints = re.sub(r"(?<=[_:=/,])(?=\w)", "\u200b", text)
    return re.sub(r"\b([0-9a-f]{16})(?=[0-9a-f]{16})", "\\1\u200b", joints)


def _letters(table: PageTable, place: int) -> int:
    """Letters that a column's longest line needs: texts and headings break, numbers do not."""
    column = table.columns[place]
    longest = max((len(row[place].text) for row in table.rows[:MAXIMUM_ROWS]), default=1)
    if column.kind == "text" or longest > _LONGEST_LINE:  # a reason in place of a number
        words = [word for row in table.rows[:MAXIMUM_ROWS] for word in row[place].text.split()]
        unbroken = max(map(len, words), default=1)
        longest = max(min(longest, _LONGEST_LINE), min(unbroken, _LONGEST_LINE))
    heading = max(map(len, column.title.split()), default=1)
    return max(longest, heading, 4) + 2
