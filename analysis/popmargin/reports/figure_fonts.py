"""The letters of the page's figures: the font they were laid out in, cut down to what is used.

Figures on the page are text, not outlines of letters: small, sharp, and found by a search. Their
font, DejaVu Sans as shipped with matplotlib (free to embed), travels in the page, so that labels
keep the width that they were placed by.
"""

import base64
import io
import re
from collections.abc import Iterable
from html import unescape
from pathlib import Path
from typing import Final

_FILES: Final = {400: "DejaVuSans.ttf", 700: "DejaVuSans-Bold.ttf"}
_TEXT: Final = re.compile(r"<text\b[^>]*>([^<]*)")


def figure_fonts(svgs: Iterable[str]) -> str:
    """Rules of a style sheet that hold the font of these figures, regular and bold.

    Parameters
    ----------
    svgs : figures as `popmargin.figures.save` writes them with their text kept as text.

    Returns
    -------
    One rule a weight, the same for the same letters; nothing where no figure holds text.

    Examples
    --------
    >>> figure_fonts(["<svg><path/></svg>"])
    ''
    >>> figure_fonts(['<svg><text x="1">Hi</text></svg>']).count("@font-face")
    2
    """
    letters = sorted({c for svg in svgs for text in _TEXT.findall(svg) for c in unescape(text)})
    if not letters:
        return ""
    return "\n".join(
        f"@font-face {{ font-family: 'DejaVu Sans'; font-weight: {weight}; "
        f"src: url(data:font/woff;base64,{_cut(name, letters)}) format('woff'); }}"
        for weight, name in _FILES.items()
    )


def _cut(name: str, letters: Iterable[str]) -> str:
    """The font with these letters alone, in base64."""
    from fontTools.subset import Options, Subsetter, save_font
    from fontTools.ttLib import TTFont
    from matplotlib import get_data_path

    options = Options(flavor="woff", hinting=False, layout_features=[], name_IDs=[])
    # Ligatures and kerning are not used where labels are placed; to read them takes longest.
    options.drop_tables += ["FFTM", "GDEF", "GPOS", "GSUB", "kern"]
    font = TTFont(Path(get_data_path()) / "fonts" / "ttf" / name, recalcTimestamp=False)
    subsetter = Subsetter(options)
    subsetter.populate(text="".join(letters))
    subsetter.subset(font)
    buffer = io.BytesIO()
    save_font(font, buffer, options)
    return base64.b64encode(buffer.getvalue()).decode()
