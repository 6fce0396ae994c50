"""Whole processes: the command on a 1,000-row CSV, the example study cold and unchanged.

``python benchmarks/study_speed.py`` prints a markdown table; the fastest of three runs counts (one
for the cold study). The rival of the command is the import of pandas alone, in the same run.
"""

import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


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


def main() -> None:
    """Print the table."""
    python = sys.executable
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table(folder / "shifts.csv")
        margin = [python, "-m", "popmargin.cli.main", "margin", "shifts.csv"]
        study = [python, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--cores", "2"]
        study += ["--quiet", "all"]
        rows = {
            "import pandas": (seconds([python, "-c", "import pandas"], folder), "-"),
            "popmargin margin, 1,000-row CSV": (seconds(margin, folder), "1.5"),
            "example study, cold": (seconds(study, folder, runs=1), "60"),
            "example study, nothing changed": (seconds(study, folder), "4"),
        }
    print("| whole process, 2 cores | s | to reach |\n|---|---|---|")
    for work, (found, wanted) in rows.items():
        print(f"| {work} | {found:.2f} | {wanted} |")


if __name__ == "__main__":
    main()
