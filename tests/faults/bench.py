"""What faults are tried on: a tiny study, its true results, and fresh copies to disturb."""

import hashlib
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from popmargin.pipeline.verify import verify_results
from tests.workflow.checkout import Checkout, tiny_shifts

CONFIG = """\
study: s
sources:
  - {label: one, path: one.csv, quantity: setup_error, timing: before_correction,
     max_set_aside_share: 0.2}
"""
RUN = ("--configfile", "s.yaml")
# How to go on after a crash, as the Snakefile says.
UNLOCK, RESUME = (*RUN, "--unlock"), (*RUN, "--rerun-incomplete")

NO_NETWORK = """\
import os, pathlib, socket
_FOLDER = pathlib.Path({folder!r})
(_FOLDER / f"armed-{{os.getpid()}}").touch()

def _refuse(name):
    def refuse(*arguments, **named):
        (_FOLDER / f"tried-{{os.getpid()}}-{{name}}").write_text(repr(arguments)[:500])
        raise OSError("no network here")
    return refuse

class _Socket(socket.socket):
    connect = _refuse("connect")
    connect_ex = _refuse("connect_ex")
    sendto = _refuse("sendto")

socket.socket = _Socket
for _name in ("getaddrinfo", "gethostbyname", "create_connection"):
    setattr(socket, _name, _refuse(_name))
"""


@dataclass(frozen=True)
class Place:
    """One copy of the study, to be disturbed."""

    checkout: Checkout
    study: str = "s"

    @property
    def here(self) -> Path:
        """The folder to run in."""
        return self.checkout.here

    @property
    def results(self) -> Path:
        """The study's results."""
        return self.here / "results" / self.study

    def hashes(self) -> dict[str, str]:
        """Hash of every result; logs, receipts and what is remembered are none."""
        return {
            path.relative_to(self.results).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.results.rglob("*"))
            if path.is_file()
            and path.relative_to(self.results).parts[0] not in ("logs", ".receipts")
        }

    def statuses(self) -> dict[str, str]:
        """What `popmargin verify` says of files that are not what was written."""
        rows = verify_results(self.results)
        return {row["file"]: row["status"] for row in rows if row["status"] != "ok"}

    def resume(self) -> None:
        """Go on as documented after a crash."""
        self.checkout.done(*UNLOCK)
        self.checkout.done(*RESUME)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A run in a process group of its own."""
        return subprocess.Popen(
            self.checkout.command(*(arguments or RUN)),
            cwd=self.here,
            env=self.checkout.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


class Bench:
    """The study run once, undisturbed; copies of it before and after that run."""

    def __init__(self, folder: Path) -> None:
        """Run the study below ``folder``, an empty one."""
        self.folder = folder
        self.home = Checkout.copy(folder / "first")
        # Every process of every run below: whoever reaches for the network is written down.
        self.guard = folder / "network"
        self.guard.mkdir()
        text = NO_NETWORK.format(folder=str(self.guard))
        (self.home.home / "analysis" / "sitecustomize.py").write_text(text)
        (self.home.here / "s.yaml").write_text(CONFIG)
        (self.home.here / "one.csv").write_text(tiny_shifts("a", "b", "c"))
        self._made = 0
        started = time.monotonic()
        self.home.done(*RUN)
        self.seconds = time.monotonic() - started
        self.truth = Place(self.home).hashes()

    def fresh(self, at: Path | None = None) -> Place:
        """A copy that has not run, in a new folder or ``at`` an empty one."""
        place = self._place(at)
        for name in ("s.yaml", "one.csv"):
            shutil.copy2(self.home.here / name, place.here / name)
        return place

    def finished(self) -> Place:
        """A copy of the finished study, times and all."""
        place = self._place(None)
        shutil.copytree(self.home.here, place.here, symlinks=True, dirs_exist_ok=True)
        return place

    def _place(self, at: Path | None) -> Place:
        self._made += 1
        here = at or self.folder / f"copy{self._made}"
        here.mkdir(parents=True, exist_ok=True)
        return Place(Checkout(self.home.home, here))
