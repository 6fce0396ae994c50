"""Whole processes: the command on a 1,000-row CSV, the example study cold and unchanged.

"From shifts to margins" is the example without the stages that a config may leave out.
``python benchmarks/study_speed.py`` prints a markdown table; the fastest of three runs counts (one
for the cold study). The rival of the command is the import of pandas alone, in the same run.
"""

import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
FIRST_STAGES = (
    "seed", "confidence_level", "errors", "margins", "error_budget", "target",
    "present_margin_mm", "protocol_in_use",
)  # fmt: skip


def seconds(command: list[str], cwd: Path, runs: int = 3) -> float:
    """Fastest run of a whole process."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, cwd=cwd, check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return min(times)


def table(path: Path) -> None:
    """50 patients with 20 fractions."""
    rng = random.Random(1)
    lines = ["patient_id,fraction,lr_mm,si_mm,ap_mm"]
    for patient in range(50):
        shift = [rng.gauss(0, 2) for _ in range(3)]
        for fraction in range(1, 21):
            position = ",".join(f"{s + rng.gauss(0, 2):.1f}" for s in shift)
            lines.append(f"{patient:03d},{fraction},{position}")
    path.write_text("\n".join(lines) + "\n")


def first_stages(path: Path) -> None:
    """The example's shifts and anatomy, and nothing of what else it asks for."""
    example = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    kept = {key: example[key] for key in FIRST_STAGES if key in example}
    sources = [s for s in example["sources"] if s.get("table", "shifts") in ("shifts", "anatomy")]
    shutil.copytree(ROOT / "config" / "example", path.parent / "example")
    kept |= {"study": "first_stages", "sources": sources}
    path.write_text(yaml.safe_dump(kept))


def main() -> None:
    """Print the table."""
    python = sys.executable
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table(folder / "shifts.csv")
        margin = [python, "-m", "popmargin.cli.main", "margin", "shifts.csv"]
        study = [python, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--cores", "2"]
        study += ["--quiet", "all"]
        first_stages(folder / "first.yaml")
        first = [*study, "--configfile", "first.yaml"]
        rows = {
            "import pandas": (seconds([python, "-c", "import pandas"], folder), "-"),
            "popmargin margin, 1,000-row CSV": (seconds(margin, folder), "1.5"),
            "example study, from shifts to margins, cold": (seconds(first, folder, runs=1), "60"),
            "the same, nothing changed": (seconds(first, folder), "4"),
            "example study, every stage, cold": (seconds(study, folder, runs=1), "120"),
            "the same, nothing changed ": (seconds(study, folder), "-"),
        }
    print("| whole process, 2 cores | s | to reach |\n|---|---|---|")
    for work, (found, wanted) in rows.items():
        print(f"| {work} | {found:.2f} | {wanted} |")


if __name__ == "__main__":
    main()
