"""The report's tables as LaTeX, to paste into a manuscript: booktabs and longtable."""

import re
from typing import Final

from popmargin.reports.parts import ReportParts
from popmargin.reports.section import PageTable

_HEAD: Final = """% Tables of: {title}
% Research tool, not a medical device. Needs: booktabs, longtable, utf8.
"""
_SPECIAL: Final = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "Σ": r"$\Sigma$", "σ": r"$\sigma$", "α": r"$\alpha$", "β": r"$\beta$", "±": r"$\pm$",
    "²": r"$^2$", "°": r"$^\circ$", "−": r"$-$", "<": r"$<$", ">": r"$>$", "≥": r"$\geq$",
    "≤": r"$\leq$", "·": r"$\cdot$", "×": r"$\times$", "\n": " ", "\r": " ",
}  # fmt: skip
_PATTERN: Final = re.compile("|".join(map(re.escape, _SPECIAL)))
_TEXT_WIDTH_CM: Final = 3.0


def render_latex(parts: ReportParts) -> str:
    r"""Every table of the report; the same text for the same parts.

    >>> from popmargin.reports.parts import ReportParts
    >>> render_latex(ReportParts("A_b", "", [], [], [], [], [], [])).splitlines()[0]
    '% Tables of: A\\_b'
    """
    head = _HEAD.format(title=escape_latex(parts.title))
    tables = [table for section in parts.sections for table in section.tables]
    return head + "\n".join(map(_table, tables))


def escape_latex(text: str) -> str:
    r"""Text that LaTeX prints as it is.

    >>> escape_latex("5 % of {x}")
    '5 \\% of \\{x\\}'
    """
    return _PATTERN.sub(lambda match: _SPECIAL[match.group()], text)


def _table(table: PageTable) -> str:
    kinds = {"number": "r", "word": "l", "text": f"p{{{_TEXT_WIDTH_CM}cm}}"}
    columns = "".join(kinds[column.kind] for column in table.columns)
    head = _row([column.title for column in table.columns])
    rows = "\n".join(_row([cell.text for cell in row]) for row in table.rows)
    return (
        f"\\begin{{longtable}}{{{columns}}}\n\\caption{{{escape_latex(table.caption)}}}\\\\\n"
        f"\\toprule\n{head}\n\\midrule\n\\endhead\n\\bottomrule\n\\endfoot\n{rows}\n"
        "\\end{longtable}\n"
    )


def _row(texts: list[str]) -> str:
    return " & ".join(map(escape_latex, texts)) + r" \\"
