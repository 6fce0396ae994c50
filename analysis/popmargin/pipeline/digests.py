"""Content digests of files and folders, remembered so that unchanged data are read only once.

A digest is remembered under the file's size and nanosecond times (of content and of status: the
second cannot be set back by hand), one small file each, so that parallel jobs never collide.
"""

import hashlib
import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from popmargin.core.atomic import write_text
from popmargin.core.exceptions import RefusedInput
from popmargin.gather.walk import walk_source

CACHE_FOLDER: Final = Path("results") / ".digests"
# A file changed this recently could change again within one tick of the file system's clock.
_SETTLED_NS: Final = 50_000_000
# Smaller files are read faster than remembered.
_REMEMBER_FROM_BYTES: Final = 4_194_304


def file_digest(path: Path, cache: Path = CACHE_FOLDER) -> str:
    """SHA-256 of a file's content, 64 hexadecimal digits.

    Parameters
    ----------
    path : a file.
    cache : folder where digests are remembered; nothing in it says which file it was.

    Raises
    ------
    RefusedInput : when the file cannot be read.
    """
    entry = _entry(path, cache)
    try:
        state = _state(path)
        remembered = _remembered(entry)
        if remembered.get("state") == state:
            return str(remembered["sha256"])
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        settled = _state(path) == state and time.time_ns() - max(state[1:]) > _SETTLED_NS
    except OSError as error:
        found = error.strerror or "an error"
        raise RefusedInput(str(path), "a readable file", found, "check the path") from None
    if settled and state[0] >= _REMEMBER_FROM_BYTES:
        with suppress(OSError):  # a folder that cannot be written costs time, nothing else
            write_text(entry, json.dumps({"state": state, "sha256": digest}))
    return digest


def content_digest(path: Path, cache: Path = CACHE_FOLDER) -> str:
    """SHA-256 of a file, or of the names and contents of all files in a folder.

    Parameters, result and errors are those of `file_digest`. Names count because an id may stand
    in them. As with a file, a folder whose files have kept size and times is not read again.
    """
    if not path.is_dir():
        return file_digest(path, cache)
    files = [file.path for file in walk_source(path, path.name).files]
    try:
        states = [(file.relative_to(path).as_posix(), _state(file)) for file in files]
        state = text_digest(json.dumps(states))
        entry = _entry(path, cache)
        remembered = _remembered(entry)
        if remembered.get("state") == state:
            return str(remembered["sha256"])
        digest = hashlib.sha256()
        for file, (name, _) in zip(files, states, strict=True):
            digest.update(os.fsencode(name) + b"\0" + file_digest(file, cache).encode())
        changed = max((max(times) for _, (_, *times) in states), default=0)
        again = [(name, _state(file)) for file, (name, _) in zip(files, states, strict=True)]
    except OSError as error:
        found = error.strerror or "an error"
        raise RefusedInput(str(path), "a readable folder", found, "check the path") from None
    if again == states and time.time_ns() - changed > _SETTLED_NS and len(files) > 1:
        with suppress(OSError):
            write_text(entry, json.dumps({"state": state, "sha256": digest.hexdigest()}))
    return digest.hexdigest()


def check_digest(path: Path, digest: str, label: str) -> None:
    """Refuse a file or folder whose content is no longer the one that ``digest`` stands for.

    Raises `RefusedInput`, which names the source by its ``label``.
    """
    if content_digest(path) != digest:
        expected = "the content that it had when the run began"
        remedy = "run the workflow again when the file is complete"
        raise RefusedInput(f"source {label}", expected, "other content", remedy)


def text_digest(text: str) -> str:
    """SHA-256 of a text in UTF-8.

    >>> text_digest("")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(text.encode()).hexdigest()


def _entry(path: Path, cache: Path) -> Path:
    return cache / hashlib.sha256(os.fsencode(path.absolute())).hexdigest()[:32]


def _state(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def _remembered(entry: Path) -> dict[str, object]:
    """What the cache holds; a damaged entry counts as none."""
    try:
        found = json.loads(entry.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and isinstance(found.get("sha256"), str) else {}
