"""Digests follow the content, whatever the time stamps say, and spare a second reading."""

import os
import shutil

import pytest

from popmargin.core.exceptions import RefusedInput
from popmargin.pipeline import digests
from popmargin.pipeline.digests import check_digest, content_digest, file_digest, text_digest

LARGE = b"x" * 4_194_304


@pytest.fixture(autouse=True)
def _settled(monkeypatch):
    monkeypatch.setattr(digests, "_SETTLED_NS", -1)


def test_digest_of_known_content(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2, B.1
    assert file_digest(tmp_path / "a", tmp_path / "cache") == expected == text_digest("abc")


def test_new_content_with_an_older_time_and_the_same_size_is_seen(tmp_path):
    file, cache = tmp_path / "a", tmp_path / "cache"
    file.write_bytes(LARGE)
    before, status = file_digest(file, cache), file.stat()
    assert len(list(cache.iterdir())) == 1
    file.write_bytes(LARGE[:-1] + b"y")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert file.stat().st_mtime_ns == status.st_mtime_ns
    assert file_digest(file, cache) != before


def test_an_unchanged_large_file_is_read_once(tmp_path, monkeypatch):
    file, cache = tmp_path / "a", tmp_path / "cache"
    file.write_bytes(LARGE)
    before = file_digest(file, cache)
    monkeypatch.setattr(digests.hashlib, "file_digest", None)
    assert file_digest(file, cache) == before


def test_a_file_changed_a_moment_ago_is_not_remembered(tmp_path, monkeypatch):
    monkeypatch.setattr(digests, "_SETTLED_NS", 10**12)
    (tmp_path / "a").write_bytes(LARGE)
    file_digest(tmp_path / "a", tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("damage", ["", "[]", '{"state": 1}', '{"sha256": 5, "state": []}'])
def test_a_damaged_memory_is_ignored(tmp_path, damage):
    file, cache = tmp_path / "a", tmp_path / "cache"
    file.write_bytes(LARGE)
    before = file_digest(file, cache)
    next(cache.iterdir()).write_text(damage)
    assert file_digest(file, cache) == before


def test_what_is_remembered_names_no_file(tmp_path):
    (tmp_path / "Mueller_Hans.csv").write_bytes(LARGE)
    file_digest(tmp_path / "Mueller_Hans.csv", tmp_path / "cache")
    entry = next((tmp_path / "cache").iterdir())
    assert "Mueller" not in entry.name + entry.read_text()


def test_changed_and_missing_files_are_refused(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    check_digest(tmp_path / "a", text_digest("abc"), "clinic")
    with pytest.raises(RefusedInput, match="source clinic: expected the content that it had"):
        check_digest(tmp_path / "a", text_digest("abd"), "clinic")
    with pytest.raises(RefusedInput, match="No such file"):
        file_digest(tmp_path / "absent", tmp_path / "cache")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "export" / "deep").mkdir(parents=True)
    (tmp_path / "export" / "a.txt").write_text("a")
    (tmp_path / "export" / "deep" / "b.txt").write_text("b")
    return tmp_path / "export"


def test_a_folder_is_known_by_names_and_contents(folder, tmp_path):
    cache = tmp_path / "cache"
    before = content_digest(folder, cache)
    shutil.copytree(folder, tmp_path / "moved")
    assert content_digest(tmp_path / "moved", cache) == before
    os.utime(folder / "a.txt", ns=(0, 0))
    assert content_digest(folder, cache) == before, "time stamps count"
    status = (folder / "a.txt").stat()
    (folder / "a.txt").write_text("c")
    os.utime(folder / "a.txt", ns=(status.st_atime_ns, status.st_mtime_ns))
    changed = content_digest(folder, cache)
    assert changed != before
    (folder / "a.txt").rename(folder / "deep" / "a.txt")
    assert len({before, changed, content_digest(folder, cache)}) == 3
    with pytest.raises(RefusedInput, match="source clinic: expected the content"):
        check_digest(folder, before, "clinic")


def test_an_unchanged_folder_is_read_once(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(digests, "_SETTLED_NS", 0)
    before = content_digest(folder, tmp_path / "cache")
    monkeypatch.setattr(digests, "file_digest", None)
    assert content_digest(folder, tmp_path / "cache") == before
