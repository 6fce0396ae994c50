"""A figure on disk: SVG, PDF and PNG of fixed bytes, and the data it shows as CSV."""

import io
import os
import re
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.text import Text

from popmargin.core.atomic import write_bytes
from popmargin.core.exceptions import WrongUsage
from popmargin.figures.style import journal_style
from popmargin.tables.write import write_table

# No dates, no version of the machine: the same input gives the same bytes.
_METADATA: Final[dict[str, dict[str, Any]]] = {
    "svg": {"Date": None, "Creator": "popmargin"},
    "pdf": {"CreationDate": None, "Creator": "popmargin", "Producer": None},
}
_SUFFIXES: Final = (*_METADATA, "png")
_DOTS_PER_INCH: Final = 300
_SETTLED: Final = "_popmargin_settled"
_COMMENT: Final = re.compile(rb"<!--.*?-->\s*", re.DOTALL)


@journal_style()
def figure_bytes(figure: Figure, file_format: str, *, outlined: bool = True) -> bytes:
    """The figure as ``svg``, ``pdf`` or ``png`` (300 dots per inch), the same bytes every time.

    The letters of an SVG are outlines, which look the same everywhere; not ``outlined`` they are
    text, for a page that brings the font. An SVG holds no comment: matplotlib repeats every label
    there, and a label is not ours.
    """
    _settle(figure)
    if file_format == "png":
        return _pixels(figure)
    buffer = io.BytesIO()
    with rc_context({} if outlined else {"svg.fonttype": "none"}):
        figure.savefig(buffer, format=file_format, metadata=_METADATA[file_format])
    content = buffer.getvalue()
    return _COMMENT.sub(b"", content) if file_format == "svg" else content


def _settle(figure: Figure) -> None:
    """Leave out what takes time and shows nothing.

    An axis without a label looks for the label's place in every format, and letters that are
    joined ("fi") are a font of their own in a PDF, and two letters on the page. Once is enough for
    all formats: to find every text takes as long as to draw it.
    """
    if getattr(figure, _SETTLED, False):
        return
    setattr(figure, _SETTLED, True)
    for panel in figure.axes:
        for axis in (panel.xaxis, panel.yaxis):
            if not axis.get_label_text():
                axis.set_label_coords(0.0, 0.0)
    for text in figure.findobj(Text):
        text.set_fontfeatures(("-liga",))


def _pixels(figure: Figure) -> bytes:
    """A PNG without alpha, which is the same everywhere, packed fast: 3 % larger."""
    from PIL import Image, PngImagePlugin

    raw = io.BytesIO()
    figure.savefig(raw, format="rgba", dpi=_DOTS_PER_INCH)
    width = int(figure.get_figwidth() * _DOTS_PER_INCH)
    pixels = np.frombuffer(raw.getbuffer(), np.uint8).reshape(-1, width, 4)
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Software", "popmargin")
    packed = io.BytesIO()
    Image.fromarray(pixels).convert("RGB").save(
        packed, "png", compress_level=2, pnginfo=texts, dpi=(_DOTS_PER_INCH, _DOTS_PER_INCH)
    )
    return packed.getvalue()


def save_figure(
    figure: Figure, data: pl.DataFrame, folder: str | os.PathLike[str], name: str
) -> list[Path]:
    """Write ``name``.svg, .pdf, .png and the data shown as ``name``.csv into ``folder``.

    Each file appears whole or not at all. Returns the paths written.
    """
    written = [Path(folder) / f"{name}.{suffix}" for suffix in (*_SUFFIXES, "csv")]
    for path in written[:3]:
        write_bytes(path, figure_bytes(figure, path.suffix[1:]))
    write_table(data, written[3])
    return written


def save_one(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write one file in the format of its ending: svg, pdf or png.

    Raises `WrongUsage` for another ending.
    """
    ending = Path(path).suffix[1:].lower()
    if ending not in _SUFFIXES:
        raise WrongUsage(f"{Path(path).name}: expected an ending of {', '.join(_SUFFIXES)}")
    write_bytes(path, figure_bytes(figure, ending))
