"""The report's tables as a Word document, to paste into a manuscript."""

import io
import re
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from popmargin.reports.parts import ReportParts
from popmargin.reports.section import PageTable

if TYPE_CHECKING:
    from docx.document import Document

_CREATED: Final = datetime(2000, 1, 1, tzinfo=UTC)
_ZIP_DATE: Final = (2000, 1, 1, 0, 0, 0)
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FEW_COLUMNS: Final = 8
_LONGEST_TABLE: Final = 60
_LONGEST_PROPERTY: Final = 255


def render_docx(parts: ReportParts) -> bytes:
    """Every table of the report under the title of its section; the same bytes for the same parts.

    A table of more than 60 rows shows its first and names the file that has all.
    """
    import docx

    document = docx.Document()
    properties = document.core_properties
    properties.title = _plain(parts.title)[:_LONGEST_PROPERTY]
    properties.author, properties.comments = "popmargin", ""
    properties.created = properties.modified = _CREATED
    _sideways(document)
    document.add_heading(_plain(parts.title), level=0)
    document.add_paragraph("Research tool, not a medical device.")
    if parts.synthetic:
        document.add_paragraph(_plain(f"Synthetic patients: {', '.join(parts.synthetic)}."))
    for message in parts.blocking:
        document.add_paragraph(_plain(f"Margins are withheld: {message}"))
    for section in parts.sections:
        if section.tables:
            document.add_heading(_plain(section.title), level=1)
        for table in section.tables:
            _add_table(document, table)
    buffer = io.BytesIO()
    document.save(buffer)
    return _undated(buffer.getvalue())


def _sideways(document: "Document") -> None:
    page = document.sections[0]
    page.page_width, page.page_height = page.page_height, page.page_width


def _add_table(document: "Document", table: PageTable) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    size = Pt(8 if len(table.columns) <= _FEW_COLUMNS else 6)
    document.add_paragraph(_plain(table.caption), style="Caption")
    rows = table.rows[:_LONGEST_TABLE]
    grid = document.add_table(rows=1, cols=len(table.columns), style="Table Grid")

    def fill(cells: Any, texts: list[str], *, bold: bool = False) -> None:
        for cell, text, column in zip(cells, texts, table.columns, strict=True):
            paragraph = cell.paragraphs[0]
            run = paragraph.add_run(_plain(text))
            run.font.size, run.bold = size, bold
            if column.kind == "number":
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT

    fill(grid.rows[0].cells, [column.title for column in table.columns], bold=True)
    for row in rows:
        fill(grid.add_row().cells, [cell.text for cell in row])
    if len(table.rows) > len(rows):
        left = len(table.rows) - len(rows)
        document.add_paragraph(f"{left} more rows in {table.file or 'the page'}.")


def _plain(text: str) -> str:
    """Text without characters that XML cannot hold."""
    return _NOT_XML.sub(" ", text)


def _undated(content: bytes) -> bytes:
    """The same archive without the time of writing."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.infolist():
            undated = zipfile.ZipInfo(entry.filename, _ZIP_DATE)
            undated.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(undated, old.read(entry))
    return buffer.getvalue()
