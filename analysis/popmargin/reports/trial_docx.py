"""The trial-design report as DOCX, to be edited into a protocol; the same bytes every time."""

import datetime
import io
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from popmargin.core.atomic import write_bytes
from popmargin.reports.section import PageFigure, PageTable, column_widths
from popmargin.reports.trial_report import TrialDocument

# A fixed time: a document of the same results is the same file.
_TIME: Final = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
_WIDTH_CM: Final = 16.5
_SMALL_PT: Final = 8


def write_trial_docx(
    document: TrialDocument, target: str | os.PathLike[str], pictures: Mapping[str, Path]
) -> None:
    """Write the report; ``pictures`` are the figures as PNG, by their names."""
    import docx

    word = docx.Document()
    word.core_properties.title = document.title
    word.core_properties.author = "popmargin"
    word.core_properties.created = word.core_properties.modified = _TIME.replace(tzinfo=None)
    for part in word.sections:
        part.left_margin = part.right_margin = docx.shared.Cm(2.2)
    word.add_heading(_plain(document.title), level=0)
    word.add_paragraph(_plain(document.notice)).style = word.styles["Intense Quote"]
    for section in document.sections:
        word.add_heading(_plain(section.title), level=1)
        for text in section.paragraphs:
            word.add_paragraph(_plain(text))
        for table in section.tables:
            _add_table(word, table)
        for figure in section.figures:
            _add_figure(word, figure, pictures)
    buffer = io.BytesIO()
    word.save(buffer)
    write_bytes(target, _fixed(buffer.getvalue()))


def _add_table(word: Any, table: PageTable) -> None:
    from docx.shared import Cm, Pt

    caption = word.add_paragraph()
    caption.add_run(_plain(table.caption)).bold = True
    caption.paragraph_format.keep_with_next = True
    titles = [column.title for column in table.columns]
    rows = [[cell.text for cell in row] for row in table.rows]
    grid = word.add_table(rows=1, cols=len(titles))
    grid.style = "Light Grid Accent 1"
    grid.autofit = False
    widths = column_widths([titles, *rows])
    for texts in [titles, *rows]:
        cells = grid.rows[0].cells if texts is titles else grid.add_row().cells
        for cell, text, width in zip(cells, texts, widths, strict=True):
            cell.width = Cm(_WIDTH_CM * width / sum(widths))
            cell.text = _plain(text)
            for run in cell.paragraphs[0].runs:
                run.font.size = Pt(_SMALL_PT)
                run.bold = texts is titles
    _repeat_header(grid)
    word.add_paragraph()


def _repeat_header(grid: Any) -> None:
    """The first row is a heading row: repeated on every page, announced by screen readers."""
    from docx.oxml import OxmlElement

    properties = grid.rows[0]._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:tblHeader"))


def _add_figure(word: Any, figure: PageFigure, pictures: Mapping[str, Path]) -> None:
    from docx.shared import Cm

    if figure.name not in pictures:
        return
    shape = word.add_picture(str(pictures[figure.name]), width=Cm(_WIDTH_CM))
    shape._inline.docPr.set("descr", _plain(figure.alt))
    shape._inline.docPr.set("name", figure.name)
    word.add_paragraph().add_run(_plain(f"{figure.title}. {figure.caption}")).italic = True


def _plain(text: str) -> str:
    """Text without characters that XML does not allow."""
    return "".join(c if c >= " " and c not in "\ufffe\uffff" else " " for c in text)


def _fixed(content: bytes) -> bytes:
    """The same archive with one fixed time for every member."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in sorted(source.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            entry = zipfile.ZipInfo(name, date_time=_TIME.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, source.read(name))
    return buffer.getvalue()
