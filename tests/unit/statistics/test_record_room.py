"""Room for records that grows with and without the system's help."""

import mmap

import numpy as np
import pytest

from popmargin.statistics import record_room
from popmargin.statistics.record_room import RecordRoom


class Stiff(mmap.mmap):
    """Pages of a system that cannot move them."""

    def resize(self, _size):
        """As on such a system."""
        raise SystemError("mmap: resizing not available--no mremap()")


@pytest.mark.parametrize("pages", [mmap.mmap, Stiff])
def test_records_are_there_after_growing(monkeypatch, pages):
    monkeypatch.setattr(record_room.mmap, "mmap", pages)
    room = RecordRoom(100, 5)
    wanted = np.arange(500, dtype=np.uint64).reshape(100, 5)
    room.words[:] = wanted
    for rows in (101, 5000, 100_000):
        room.grow(rows)
        assert room.words.shape == (rows, 5)
        assert (room.words[:100] == wanted).all()
        assert not room.words[100:].any()
