"""A copy of the workflow and its library that tests may change, to run tiny studies with."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("Snakefile", "environment.yml", "workflow", "config", "data_schema", "analysis/popmargin")


@dataclass(frozen=True)
class Checkout:
    """A copied checkout (``home``) and a folder to run in (``here``)."""

    home: Path
    here: Path

    @classmethod
    def copy(cls, folder: Path) -> "Checkout":
        """Copy the checkout below ``folder``, beside an empty folder to run in."""
        home, here = folder / "checkout", folder / "here"
        here.mkdir(parents=True)
        for part in PARTS:
            source, target = ROOT / part, home / part
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, target)
        return cls(home, here)

    def command(self, *arguments: str) -> list[str]:
        """Command line of a run."""
        return [
            *(sys.executable, "-m", "snakemake", "--snakefile", str(self.home / "Snakefile")),
            *("--cores", "2", *arguments),
        ]

    @property
    def environment(self) -> dict[str, str]:
        """The copied library comes before the installed one."""
        return {**os.environ, "PYTHONPATH": str(self.home / "analysis"), "SOURCE_DATE_EPOCH": "0"}

    def run(self, *arguments: str, seconds: int = 300) -> subprocess.CompletedProcess[str]:
        """Run Snakemake to its end, within ``seconds``; both streams come back as text."""
        return subprocess.run(
            self.command(*arguments),
            cwd=self.here,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )

    def done(self, *arguments: str) -> str:
        """As `run`, for a run that must succeed; what it said."""
        finished = self.run(*arguments)
        assert finished.returncode == 0, finished.stdout + finished.stderr
        return finished.stdout + finished.stderr

    def would_run(self, *arguments: str) -> set[str]:
        """Rules that a run would execute now."""
        said = self.done("--dry-run", "--quiet", "host", *arguments)
        return {line.removesuffix(":").split()[-1] for line in said.splitlines() if _is_rule(line)}


def _is_rule(line: str) -> bool:
    return line.startswith(("rule ", "localrule ")) and line.endswith(":")


SHIFTS = """\
patient_id,fraction,lr_mm,si_mm,ap_mm,site
{ids[0]},1,1.5,-2.0,0.5,lung
{ids[0]},2,2.5,-1.0,1.5,lung
{ids[0]},3,2.0,-1.5,-0.5,lung
{ids[1]},1,-1.0,0.0,1.0,lung
{ids[1]},2,-2.0,1.0,0.0,lung
{ids[1]},3,-1.5,0.5,1.5,lung
{ids[2]},1,0.5,3.0,-1.0,lung
{ids[2]},2,1.5,2.0,0.0,lung
{ids[2]},3,nonsense,1.0,2.0,lung
"""


def tiny_shifts(*ids: str) -> str:
    """Nine rows of three patients, one of them unusable."""
    quoted = ['"' + name.replace('"', '""') + '"' for name in ids]
    return SHIFTS.format(ids=quoted)
