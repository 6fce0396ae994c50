"""Atomic writing: the final path holds the old file or the whole new one, never a part."""

import os
import signal
import stat
import subprocess
import sys

import pytest

from popmargin.core.atomic import atomic_path, write_bytes, write_text


def test_text_and_bytes_arrive_unchanged_and_make_their_folder(tmp_path):
    path = tmp_path / "new" / "folder" / "a.txt"
    write_text(path, "lr\r\nsi\n é")
    assert path.read_bytes() == "lr\r\nsi\n é".encode()
    write_bytes(path, b"\x00\xff")
    assert path.read_bytes() == b"\x00\xff"
    assert [item.name for item in path.parent.iterdir()] == ["a.txt"]


def test_a_failure_keeps_the_old_file_and_leaves_nothing_behind(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("old")

    def write_half():
        with atomic_path(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError("disk full")

    with pytest.raises(RuntimeError):
        write_half()
    assert path.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["a.csv"]


def test_the_temporary_file_stands_beside_the_target_with_its_ending(tmp_path):
    with atomic_path(tmp_path / "a.parquet") as temporary:
        assert (temporary.parent, temporary.suffix) == (tmp_path, ".parquet")
        temporary.write_text("x")
        assert not (tmp_path / "a.parquet").exists()


def test_a_result_is_as_readable_as_the_umask_allows(tmp_path):
    old = os.umask(0o027)
    try:
        write_text(tmp_path / "a.txt", "x")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o640


def test_two_writers_of_one_file_do_not_meet(tmp_path):
    path = tmp_path / "a.txt"
    with atomic_path(path) as first, atomic_path(path) as second:
        assert first != second
        first.write_text("first")
        second.write_text("second")
    assert path.read_text() == "first"


def test_a_killed_writer_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    program = (
        "import sys, time; from popmargin.core.atomic import atomic_path\n"
        "with atomic_path(sys.argv[1]) as temporary:\n"
        "    temporary.write_text('half'); print('writing', flush=True); time.sleep(60)\n"
    )
    writer = subprocess.Popen([sys.executable, "-c", program, path], stdout=subprocess.PIPE)
    try:
        assert writer.stdout.readline() == b"writing\n"
        writer.send_signal(signal.SIGKILL)
    finally:
        writer.kill()
        writer.wait()
        writer.stdout.close()
    assert path.read_text() == "old"


def test_a_folder_that_cannot_be_written_is_an_error_of_the_system(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OSError, match="file"):
        write_text(tmp_path / "file" / "a.txt", "x")
