"""Disks that are full or cannot be written: a clear refusal, the old file whole, then the truth."""

import os
import random
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest

from popmargin.core.atomic import write_bytes
from popmargin.tables.write import write_table
from tests.faults.bench import RUN, Bench


class NotHere(Exception):
    """The fault is not possible on this machine; the message says why."""


@contextmanager
def small_disk(kilobytes: int) -> Iterator[Path]:
    """An empty file system of its own; `NotHere` where none may be mounted."""
    folder = Path(tempfile.mkdtemp(prefix="popmargin-small-disk-"))
    size = f"size={kilobytes}k"
    command = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise NotHere(f"no tmpfs may be mounted here: {done.stderr.strip()[:80]}")
        try:
            yield folder
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
    except FileNotFoundError:
        raise NotHere("no command mount here") from None
    finally:
        if not os.path.ismount(folder):
            folder.rmdir()


def change_disk(folder: Path, option: str) -> None:
    """Mount again with another option, such as ``ro`` or ``size=64m``."""
    subprocess.run(["mount", "-o", f"remount,{option}", str(folder)], check=True)


def full_disk_keeps_the_old_file(rng: random.Random) -> str:
    """A table that does not fit any more leaves the old one whole and nothing beside it."""
    with small_disk(256) as disk:
        target = disk / "table.csv"
        write_table(pl.DataFrame({"a": [1.0, 2.0]}), target)
        before = target.read_bytes()
        (disk / "ballast").write_bytes(bytes(rng.randrange(180, 240) * 1024))
        big = pl.DataFrame({"a": [rng.random() for _ in range(20_000)]})
        for write in (
            lambda: write_table(big, target),
            lambda: write_bytes(target, big["a"].to_numpy().tobytes()),
        ):
            with pytest.raises((OSError, pl.exceptions.PolarsError), match=r"(?i)no space"):
                write()
            assert target.read_bytes() == before
            assert sorted(p.name for p in disk.iterdir()) == ["ballast", "table.csv"]
    return "no space left was said; the old file is whole, nothing beside it"


def full_disk(bench: Bench, rng: random.Random) -> str:
    """The disk fills at some point of the run; with room again the results are the true ones."""
    needed = sum(p.stat().st_size for p in bench.home.here.rglob("*") if p.is_file()) // 1024
    size = int(needed * rng.uniform(0.3, 0.7))
    with small_disk(size) as disk:
        place = bench.fresh(disk / "study")
        done = place.checkout.run(*RUN)
        assert done.returncode != 0
        assert "No space left" in done.stdout + done.stderr
        made = place.hashes()
        wrong = {n for n, h in made.items() if bench.truth.get(n) != h and ".partial-" not in n}
        assert wrong == set(), f"half-written: {wrong}"
        change_disk(disk, "size=256m")
        place.resume()
        assert place.hashes() == bench.truth
    return (
        f"{size} of {needed} kB: refused, {len(made)} whole files kept; with room the true results"
    )


def read_only_folder(bench: Bench, rng: random.Random) -> str:
    """A folder that cannot be written is refused in words; written again it goes on."""
    with small_disk(256 * 1024) as disk:
        place = bench.fresh(disk / "study")
        change_disk(disk, "ro")
        done = place.checkout.run(*RUN)
        said = done.stdout + done.stderr
        assert done.returncode != 0
        assert "Read-only file system" in said, said[-500:]
        change_disk(disk, "rw")
        place.checkout.done(*RUN)
        assert place.hashes() == bench.truth
    return "'Read-only file system' was said; writable again: the true results"
