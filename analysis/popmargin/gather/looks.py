"""Floor 2: whether something looks like a vendor's export, before a reader is chosen."""

from pathlib import Path

from popmargin.gather.kinds import kind_of
from popmargin.gather.source_file import SourceFile


def looks_like_vendor(path: Path) -> bool:
    """Whether ``path`` is a folder, or a file of a kind that a vendor's reader knows.

    A path where nothing is looks like a table: the table reader says what is wrong.

    >>> looks_like_vendor(Path("absent.csv"))
    False
    """
    if path.is_dir():
        return True
    return path.is_file() and kind_of(SourceFile(path, 1, path.name))[0] is not None
