"""Content digests of files, remembered so that a large unchanged file is read only once.

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
    entry = cache / hashlib.sha256(os.fsencode(path.absolute())).hexdigest()[:32]
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


def check_digest(path: Path, digest: str, label: str) -> None:
    """Refuse a file whose content is no longer the one that ``digest`` stands for.

    Raises `RefusedInput`, which names the source by its ``label``.
    """
    if file_digest(path) != digest:
        expected = "the content that it had when the run began"
        remedy = "run the workflow again when the file is complete"
        raise RefusedInput(f"source {label}", expected, "other content", remedy)


def text_digest(text: str) -> str:
    """SHA-256 of a text in UTF-8.

    >>> text_digest("")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(text.encode()).hexdigest()


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
