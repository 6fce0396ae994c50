"""The trial-design report as PDF, set by typst from the same sections.

The text goes to the template as data, never as markup: a label cannot become code.
"""

import json
import os
from typing import Any

from popmargin.core.atomic import write_bytes
from popmargin.core.resources import resource_path
from popmargin.reports.section import PageTable, column_widths
from popmargin.reports.trial_report import TrialDocument
from popmargin.reports.typeset import breakable


def write_trial_pdf(document: TrialDocument, target: str | os.PathLike[str]) -> None:
    """Write the report; fonts are those that typst carries, no system font is looked up."""
    import typst

    template = resource_path("reports", "templates", "trial_report.typ")
    content = typst.compile(
        template.read_bytes(),
        format="pdf",
        sys_inputs={"document": json.dumps(_data(document), ensure_ascii=False)},
        ignore_system_fonts=True,
    )
    write_bytes(target, bytes(content))


def _data(document: TrialDocument) -> dict[str, Any]:
    return {
        "title": document.title,
        "notice": document.notice,
        "sections": [
            {
                "title": section.title,
                "paragraphs": list(section.paragraphs),
                "tables": [_table(table) for table in section.tables],
                "figures": [
                    {"svg": f.svg, "alt": f.alt, "title": f.title, "caption": f.caption}
                    for f in section.figures
                ],
            }
            for section in document.sections
        ],
    }


def _table(table: PageTable) -> dict[str, Any]:
    rows = [[cell.text for cell in row] for row in table.rows]
    titles = [column.title for column in table.columns]
    return {
        "caption": table.caption,
        "titles": titles,
        "rows": [[breakable(text) for text in row] for row in rows],
        "widths": column_widths([titles, *rows]),
    }
