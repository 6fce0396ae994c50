"""Floor 2: keyed pseudonyms: results name no patient, plan or day, and join all the same.

An id becomes 24 letters by HMAC-SHA256. The letters stand for the id without case, marks and
leading zeros (96 bits), their case for its exact writing (24 bits): ids that differ in writing only
can still be found. A label of a plan or course becomes letters of its own unless it is a short
number, a date moves by whole weeks, a number of them for each patient.

Assumption: the key is secret. Limit: with the published demonstration key anybody can try ids until
one fits; it serves examples and tests only, and results made with it say so.
"""

import hashlib
import hmac
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from popmargin.core.exceptions import RefusedInput
from popmargin.core.identifiers import look_alike

DEMONSTRATION_KEY: Final = b"popmargin demonstration key, published, hides nothing"
_MIN_BYTES: Final = 32
_LETTERS: Final = "abcdefghijklmnop"
_LENGTH: Final = 24
_WEEKS: Final = (53, 1000)
_SHORT_NUMBER: Final = re.compile(r"[0-9]{1,2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Key:
    """The key of pseudonyms; ``secret`` unless it is the published one. It is never shown."""

    content: bytes
    secret: bool

    def __repr__(self) -> str:
        return f"Key({'secret' if self.secret else 'demonstration'})"

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that tell keys apart and tell nothing about one."""
        return _digest(self, "fingerprint", "").hex()[:16]


def read_key(path: Path | None, results: Path) -> Key:
    """The key in a file, or the published demonstration key without one.

    Parameters
    ----------
    path : file of at least 32 random bytes that only its owner can read (mode 0600), outside
        ``results`` and outside any repository.
    results : folder that results are written below.

    Raises
    ------
    RefusedInput
        No such file, too short, readable by others, or where it would be passed on.

    Examples
    --------
    >>> read_key(None, Path("results"))
    Key(demonstration)
    """
    if path is None:
        return Key(DEMONSTRATION_KEY, secret=False)
    where = "the key of the pseudonyms"
    try:
        content = path.read_bytes()
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        found = error.strerror or "an error"
        raise RefusedInput(where, "a readable file", found, "check key_file") from None
    if len(content) < _MIN_BYTES:
        remedy = "make one: head -c 32 /dev/urandom > FILE; chmod 600 FILE"
        raise RefusedInput(where, f"at least {_MIN_BYTES} bytes", f"{len(content)}", remedy)
    if mode & 0o077:
        raise RefusedInput(where, "mode 0600", f"mode {mode:04o}", "chmod 600 the file")
    place = path.resolve()
    inside = [folder for folder in place.parents if (folder / ".git").exists()]
    if inside or place.is_relative_to(results.resolve()):
        found = "one inside a repository or the results"
        raise RefusedInput(where, "a file kept apart", found, "move it, for instance to ~/.config")
    return Key(content, secret=True)


def pseudonym(key: Key, patient_id: str) -> str:
    """Pseudonym of a patient: 24 letters.

    >>> one, other = (pseudonym(read_key(None, Path("r")), name) for name in ("00123", "123"))
    >>> one != other, one.lower() == other.lower()
    (True, True)
    """
    letters = _letters(_digest(key, "patient", look_alike(patient_id)))
    case = int.from_bytes(_digest(key, "writing", patient_id)[:4], "big")
    return "".join(
        letter.upper() if case >> place & 1 else letter for place, letter in enumerate(letters)
    )


def pseudonymised(frame: pl.LazyFrame, key: Key) -> pl.LazyFrame:
    """Canonical rows without what identifies a patient: id, labels of course and plan, dates.

    Parameters: rows with patient_id, and course, plan, acquired_at where there; the key. The rows
    are changed as they stream by: any number of them.
    """
    there = frame.collect_schema().names()
    changes = [_mapped("patient_id", lambda name: pseudonym(key, name), pl.String())]
    if "acquired_at" in there:
        weeks = _mapped("patient_id", lambda name: _weeks(key, name), pl.Int64())
        changes.append((pl.col("acquired_at") - pl.duration(weeks=weeks)).alias("acquired_at"))
    for name in (name for name in ("course", "plan") if name in there):
        joined = pl.concat_str(pl.col("patient_id", name), separator="\0", ignore_nulls=False)
        changes.append(_mapped(joined, lambda pair: _label(key, pair), pl.String()).alias(name))
    return frame.with_columns(changes)


def _label(key: Key, pair: str) -> str:
    patient, _, label = pair.rpartition("\0")
    return label if _SHORT_NUMBER.fullmatch(label) else _letters(_digest(key, patient, label))[:16]


def _weeks(key: Key, patient_id: str) -> int:
    drawn = int.from_bytes(_digest(key, "weeks", patient_id)[:8], "big")
    return _WEEKS[0] + drawn % (_WEEKS[1] - _WEEKS[0])


def _mapped(column: str | pl.Expr, change: Callable[[str], object], dtype: pl.DataType) -> pl.Expr:
    """Each different text of a column changed once a batch."""

    def batch(texts: pl.Series) -> pl.Series:
        different = texts.drop_nulls().unique()
        new = pl.Series([change(text) for text in different], dtype=dtype)
        return texts.replace_strict(different, new, default=None, return_dtype=dtype)

    expression = pl.col(column) if isinstance(column, str) else column
    return expression.map_batches(batch, return_dtype=dtype, is_elementwise=True)


def _digest(key: Key, purpose: str, text: str) -> bytes:
    message = f"{purpose}\0{text}".encode("utf-8", "surrogatepass")
    return hmac.new(key.content, message, hashlib.sha256).digest()


def _letters(digest: bytes) -> str:
    return "".join(_LETTERS[byte >> 4] + _LETTERS[byte & 15] for byte in digest)[:_LENGTH]
