"""Floor 2: the files of a source's folder, in a fixed order and within bounds.

Names may be anything: they are made printable for messages and never reach results. Links are
followed only to files inside the folder; pipes and devices are never opened.
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from popmargin.core.exceptions import RefusedInput
from popmargin.gather.source_file import SourceFile

_MAX_ENTRIES: Final = 2_000_000
_MAX_DEPTH: Final = 40
# What Snakemake puts into a folder that one of its rules made.
_MARK: Final = ".snakemake_timestamp"


@dataclass(frozen=True, slots=True)
class Folder:
    """Files of a source in the order of their names, and how many entries were not followed."""

    files: tuple[SourceFile, ...]
    links: int


def walk_source(path: Path, label: str) -> Folder:
    """The files under ``path`` (a folder, or one file), numbered from 1 in the order of names.

    Parameters: ``path``; ``label`` of the source, for messages.
    Raises `RefusedInput` when there is nothing at the path, it cannot be listed, or it holds more
    than 2,000,000 entries or folders deeper than 40.
    """
    where = f"source {label}"
    if path.is_file():
        return Folder((SourceFile(path, 1, printable(path.name)),), 0)
    if not path.is_dir():
        raise RefusedInput(where, "a file or folder", "nothing at that path", "check the path")
    found: list[tuple[tuple[str, ...], Path]] = []
    links = 0
    root = path.resolve()
    waiting: list[tuple[Path, tuple[str, ...]]] = [(path, ())]
    while waiting:
        folder, parts = waiting.pop()
        if len(parts) > _MAX_DEPTH:
            raise RefusedInput(where, f"folders at most {_MAX_DEPTH} deep", "more", "check path")
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            found_instead = error.strerror or "an error"
            raise RefusedInput(where, "a readable folder", found_instead, "check it") from None
        for entry in entries:
            name = (*parts, entry.name)
            if entry.is_dir(follow_symlinks=False):
                waiting.append((Path(entry.path), name))
            elif entry.name == _MARK:
                continue
            elif _is_inside(Path(entry.path), root):
                found.append((name, Path(entry.path)))
            else:
                links += 1
        if len(found) + links > _MAX_ENTRIES:
            raise RefusedInput(where, f"at most {_MAX_ENTRIES} files", "more", "split the source")
    found.sort(key=lambda pair: pair[0])
    files = (
        SourceFile(file, number, printable("/".join(name)))
        for number, (name, file) in enumerate(found, start=1)
    )
    return Folder(tuple(files), links)


def printable(name: str) -> str:
    r"""A file's name without anything that a terminal would act on.

    >>> printable("a\x1b[31m\n.dcm")
    'a\\x1b[31m\\n.dcm'
    """
    return ascii(name)[1:-1][:200]


def _is_inside(path: Path, root: Path) -> bool:
    """Whether an entry is a regular file in the folder, or a link to one."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return False
        return not path.is_symlink() or path.resolve().is_relative_to(root)
    except (OSError, RuntimeError):
        return False
