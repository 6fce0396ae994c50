"""The report's tables as LaTeX, to paste into a manuscript: booktabs and longtable.

Tables are as wide as the text and wrap in their cells; what does not fit an upright page lies on
its side, in smaller letters. Labels in scripts other than Latin need LuaLaTeX and a font for them.
"""

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Final

from popmargin.reports.parts import ReportParts
from popmargin.reports.section import PageTable, column_widths

_HEAD: Final = """% Tables of: {title}
% Research tool, not a medical device. In the preamble:
%   \\usepackage[utf8]{{inputenc}}
%   \\usepackage{{array,booktabs,longtable,pdflscape}}
"""
_SPECIAL: Final = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "Σ": r"$\Sigma$", "σ": r"$\sigma$", "α": r"$\alpha$", "β": r"$\beta$", "±": r"$\pm$",
    "²": r"$^2$", "°": r"$^\circ$", "−": r"$-$", "<": r"$<$", ">": r"$>$", "≥": r"$\geq$",
    "≤": r"$\leq$", "·": r"$\cdot$", "×": r"$\times$", "\n": " ", "\r": " ",
}  # fmt: skip
_PATTERN: Final = re.compile("|".join(map(re.escape, _SPECIAL)))
_JOINT: Final = re.compile(r"(?:\\_|[:=,/])(?=[^\W\d])")
# Letters that fit a line between the margins of the class article on A4, by page and size.
_UPRIGHT: Final = ((78.0, r"\footnotesize"),)
_LYING: Final = ((185.0, r"\scriptsize"), (float("inf"), r"\fontsize{6}{7}\selectfont"))


def render_latex(parts: ReportParts) -> str:
    r"""Every table of the report; the same text for the same parts.

    >>> from popmargin.reports.parts import ReportParts
    >>> render_latex(ReportParts("A_b", "", [], [], [], [], [], [])).splitlines()[0]
    '% Tables of: A\\_b'
    """
    head = _HEAD.format(title=escape_latex(parts.title))
    tables = [table for section in parts.sections for table in section.tables]
    parts_of_text = []
    for lying, group in groupby(tables, lambda table: sum(_widths(table)) > _UPRIGHT[0][0]):
        text = "\n".join(_table(table, _LYING if lying else _UPRIGHT) for table in group)
        parts_of_text.append(f"\\begin{{landscape}}\n{text}\\end{{landscape}}\n" if lying else text)
    return head + "\n".join(parts_of_text)


def escape_latex(text: str) -> str:
    r"""Text that LaTeX prints as it is.

    >>> escape_latex("5 % of {x}")
    '5 \\% of \\{x\\}'
    """
    return _PATTERN.sub(lambda match: _SPECIAL[match.group()], text)


def _table(table: PageTable, sizes: Sequence[tuple[float, str]]) -> str:
    size = next(size for limit, size in sizes if sum(_widths(table)) <= limit)
    head = _row([column.title for column in table.columns])
    rows = "\n".join(_row([cell.text for cell in row]) for row in table.rows)
    return (
        f"{{{size}\\setlength{{\\tabcolsep}}{{3pt}}\\setlength{{\\LTcapwidth}}{{\\linewidth}}\n"
        f"\\begin{{longtable}}{{{_columns(table)}}}\n"
        f"\\caption{{{escape_latex(table.caption)}}}\\\\\n"
        f"\\toprule\n{head}\n\\midrule\n\\endhead\n\\bottomrule\n\\endfoot\n{rows}\n"
        "\\end{longtable}}\n"
    )


def _widths(table: PageTable) -> list[float]:
    titles = [column.title for column in table.columns]
    return column_widths([titles, *([cell.text for cell in row] for row in table.rows)])


def _columns(table: PageTable) -> str:
    """Columns that share the width of the text, numbers to the right, words never hyphenated."""
    widths = _widths(table)
    gaps = 2.0 * (len(widths) - 1)
    shares = [width / sum(widths) for width in widths]
    sides = [r"\raggedleft" if c.kind == "number" else r"\raggedright" for c in table.columns]
    columns = "".join(
        f">{{{side}\\arraybackslash}}"
        f"p{{\\dimexpr{share:.4f}\\linewidth-{share * gaps:.4f}\\tabcolsep\\relax}}"
        for side, share in zip(sides, shares, strict=True)
    )
    return f"@{{}}{columns}@{{}}"


def _row(texts: list[str]) -> str:
    # A long name of many words in one may go on in the next line.
    escaped = [_JOINT.sub(r"\g<0>\\allowbreak{}", escape_latex(text)) for text in texts]
    return " & ".join(escaped) + r" \\"
