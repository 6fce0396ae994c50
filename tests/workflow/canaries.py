"""Search for planted names and numbers in everything under a folder, whatever it is packed in.

Looked through: names of files and folders, texts (also of two bytes a letter), zip archives
(workbooks, documents), PDF (texts as drawn, by the fonts' own tables), Parquet, PNG metadata, gzip,
and what stands in base64 in a name or a text (Snakemake's records, pages).
"""

import base64
import binascii
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl
from PIL import Image

_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")
_LONGEST_BASE64 = 20_000_000
_DRAWN = re.compile(rb"\((?:[^()\\]|\\.)*\)|<[0-9A-Fa-f\s]*>", re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def found_canaries(folder: Path, canaries: Iterable[str]) -> set[tuple[str, str]]:
    """Canary and where it is, in names, contents and what is packed in them."""
    wanted = [(name, name.lower().encode()) for name in canaries]
    found = set()
    for path in sorted(folder.rglob("*")):
        place = str(path.relative_to(folder))
        packed = [place.encode(), *_decoded(path.name.encode())]
        packed += layers(path.read_bytes()) if path.is_file() else []
        for content in packed:
            lower = content.lower()
            narrow = lower.replace(b"\x00", b"")
            found |= {(name, place) for name, low in wanted if low in lower or low in narrow}
    return found


def layers(content: bytes) -> Iterator[bytes]:
    """Bytes of a file, and what is packed in them."""
    yield content
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for item in archive.infolist():
                yield item.filename.encode()
                yield from layers(archive.read(item))
    elif content.startswith(b"\x1f\x8b"):
        yield from layers(gzip.decompress(content))
    elif content.startswith(b"%PDF"):
        yield from _pdf(content)
    elif content.startswith(b"PAR1"):
        yield pl.read_parquet(io.BytesIO(content)).write_csv().encode()
    elif content.startswith(b"\x89PNG"):
        with Image.open(io.BytesIO(content)) as image:
            yield repr(image.info).encode()
    else:
        yield from _decoded(content)


def _decoded(content: bytes) -> Iterator[bytes]:
    """What stands in base64 in a text."""
    for run in _BASE64.findall(content):
        plain = run.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
        if len(plain) > _LONGEST_BASE64:
            continue
        try:
            yield base64.b64decode(plain + b"=" * (-len(plain) % 4))
        except binascii.Error:
            continue


def _pdf(content: bytes) -> Iterator[bytes]:
    """Streams of a PDF, and the text that they draw: letters are numbers of a font's table."""
    streams = []
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
        try:
            streams.append(zlib.decompressobj().decompress(stream))
        except zlib.error:
            continue
    yield from streams
    tables = [_letters(stream) for stream in streams if b"begincmap" in stream]
    for stream in streams:
        if b"TJ" not in stream and b"Tj" not in stream:
            continue
        drawn = b"".join(_string(token) for token in _DRAWN.findall(stream))
        codes = [drawn[place : place + 2] for place in range(0, len(drawn), 2)]
        # Which font draws what is not followed: with another font's table no word comes out.
        for table in tables:
            yield "".join(table.get(code, "") for code in codes).encode()


def _letters(table: bytes) -> dict[bytes, str]:
    """Number of a letter -> letters, of a font's table for copying text."""
    found = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        for code, letters in re.findall(rb"<(\w+)>\s*<(\w+)>", block):
            found[bytes.fromhex(code.decode())] = _unicode(letters)
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for first, last, letters in re.findall(rb"<(\w+)>\s*<(\w+)>\s*<(\w+)>", block):
            start = ord(_unicode(letters)[-1])
            for step in range(int(last, 16) - int(first, 16) + 1):
                found[(int(first, 16) + step).to_bytes(2, "big")] = chr(start + step)
    return found


def _unicode(digits: bytes) -> str:
    return bytes.fromhex(digits.decode()).decode("utf-16-be", errors="replace")


def _string(token: bytes) -> bytes:
    if token.startswith(b"<"):
        digits = re.sub(rb"\s", b"", token[1:-1]).decode()
        return bytes.fromhex(digits + "0" * (len(digits) % 2))
    return _ESCAPE.sub(_escaped, token[1:-1])


def _escaped(match: re.Match[bytes]) -> bytes:
    found = match[1]
    if found.isdigit():
        return bytes([int(found, 8) & 0xFF])
    return _NAMED.get(found, found)
