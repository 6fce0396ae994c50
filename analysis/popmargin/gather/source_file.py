"""Floor 2: one file of a source: read within bounds, named by number only.

Results never hold a file's name (it often is a patient's id): a file is ``file 3``, its place in
the order of the names. Messages to the terminal may name it.
"""

import codecs
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from popmargin.core.exceptions import RefusedInput

MAX_TEXT_BYTES: Final = 64_000_000
# Rows cost far more memory than their bytes.
_MAX_LINES: Final = 500_000
_MAX_LINE: Final = 500_000
_MARKS: Final = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


class DamagedFile(RefusedInput):
    """One file that cannot be read; others of the source may be. The file is set aside."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of a source.

    ``path`` where it lies; ``number`` from 1 in the order of the names; ``name`` relative to the
    source's folder, for messages to the terminal only.
    """

    path: Path
    number: int
    name: str

    def place(self, line: int | None = None) -> str:
        """Where something stands, without a name.

        >>> SourceFile(Path("a/b.txt"), 3, "b.txt").place(17)
        'file 3, line 17'
        """
        return f"file {self.number}" if line is None else f"file {self.number}, line {line}"

    def read_bytes(self, limit: int = MAX_TEXT_BYTES) -> bytes:
        """Content of at most ``limit`` bytes. Raises `DamagedFile` when longer or unreadable."""
        try:
            with self.path.open("rb") as stream:
                content = stream.read(limit + 1)
        except OSError as error:
            found = error.strerror or "an error"
            raise DamagedFile(self.name, "a readable file", found, "check it") from None
        if len(content) > limit:
            raise DamagedFile(self.name, f"at most {limit} bytes", "more", "split the export")
        return content

    def read_text(self, encoding: str) -> str:
        """Text of the file in the declared ``encoding`` (a byte order mark speaks for itself).

        Raises `DamagedFile` for bytes that are not such text, or hold NUL.
        """
        return decode(self.read_bytes(), encoding, self.name)


def decode(content: bytes, encoding: str, where: str) -> str:
    """Text of ``content``; ``where`` names it in messages.

    Raises `DamagedFile` for bytes that are not text in ``encoding``, hold NUL, or have more than
    500,000 lines or characters in a line. Line ends come back as line feeds.

    >>> decode(b"a,b", "utf-8", "x.csv")
    'a,b'
    """
    marked = next((name for mark, name in _MARKS.items() if content.startswith(mark)), encoding)
    try:
        text = content.decode(marked)
    except (UnicodeError, LookupError):
        remedy = "declare the encoding it was exported with (for instance cp1252)"
        raise DamagedFile(where, f"{marked} text", "other bytes", remedy) from None
    if "\x00" in text:
        raise DamagedFile(where, "text", "a binary file", "export it again as text")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.count("\n") > _MAX_LINES or max(map(len, text.split("\n"))) > _MAX_LINE:
        expected = f"at most {_MAX_LINES} lines of at most {_MAX_LINE} characters"
        raise DamagedFile(where, expected, "more", "split the export")
    return text
