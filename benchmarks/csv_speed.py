"""A long CSV checked, parsed and written as Parquet, against a bare scan-and-sink of polars.

``python benchmarks/csv_speed.py [--patients 333334]`` prints a markdown table. Each work runs in a
process of its own (its peak memory is its own), in three rounds that take turns; the fastest is
shown.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

FRACTIONS = 30
ROUNDS = 3
PROGRAMS = {
    "scan and sink (polars, types inferred, nothing checked)": """
import polars as pl
def work(path, target):
    pl.scan_csv(path).sink_parquet(target)
""",
    "popmargin: structure, types, ranges, ledger; written as Parquet": """
from popmargin.tables.convert import convert_table
from popmargin.tables.source import SourceDeclaration
def work(path, target):
    table = convert_table(path, SourceDeclaration("bench"), target)
    assert table.ledger.height == FAULTS + 1
""",
}
HARNESS = """
import sys, time
FAULTS = int(sys.argv[3])
{program}
start = time.perf_counter()
work(sys.argv[1], sys.argv[2])
took = time.perf_counter() - start
with open("/proc/self/status") as status:
    peak = next(line for line in status if line.startswith("VmHWM"))
print(took, int(peak.split()[1]) / 1e6)
"""


def make(folder: Path, patients: int) -> dict[str, Path]:
    """Shifts as exported, and the same with one cell in the middle that is no number."""
    rng = np.random.default_rng(1)
    rows = patients * FRACTIONS
    frame = pl.DataFrame(
        {
            "patient_id": pl.Series(np.repeat(np.arange(patients), FRACTIONS))
            .cast(pl.String)
            .str.zfill(8),
            "fraction": np.tile(np.arange(1, FRACTIONS + 1), patients),
            **{f"{a}_mm": np.round(rng.normal(0, 3, rows), 2) for a in ("lr", "si", "ap")},
        }
    )
    paths = {"sound": folder / "sound.csv", "one faulty cell": folder / "faulty.csv"}
    frame.write_csv(paths["sound"])
    text = paths["sound"].read_bytes()
    middle = text.index(b"\n", len(text) // 2)
    paths["one faulty cell"].write_bytes(text[:middle] + b"x" + text[middle:])
    return paths


def measure(program: str, path: Path, faults: int) -> tuple[float, float]:
    """Seconds of one run in a process of its own, and its peak memory in GB."""
    with tempfile.TemporaryDirectory() as folder:
        code = HARNESS.format(program=program)
        arguments = [sys.executable, "-c", code, path, f"{folder}/out.parquet", str(faults)]
        done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    took, peak = map(float, done.stdout.split())
    return took, peak


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=333_334)
    patients = parser.parse_args().patients
    with tempfile.TemporaryDirectory() as folder:
        paths = make(Path(folder), patients)
        bare, ours = PROGRAMS.values()
        jobs = {"scan and sink": bare, "popmargin, sound": ours, "popmargin, faulty cell": ours}
        best: dict[str, tuple[float, float]] = {}
        for _ in range(ROUNDS):
            for name, program in jobs.items():
                faulty = name.endswith("cell")
                path = paths["one faulty cell" if faulty else "sound"]
                found = measure(program, path, int(faulty))
                best[name] = min(best.get(name, found), found)
    reference = best["scan and sink"][0]
    rows = patients * FRACTIONS
    print(f"{rows:.1e} fractions x 3 axes, CSV; to reach <= 2 x scan and sink, <= 1.5 GB.\n")
    print("| work | seconds | ratio | peak GB |\n|---|---:|---:|---:|")
    words = dict(
        zip(jobs, [*PROGRAMS, "the same, one cell that is no number set aside"], strict=True)
    )
    for name, (took, peak) in best.items():
        print(f"| {words[name]} | {took:.2f} | {took / reference:.2f} | {peak:.2f} |")


if __name__ == "__main__":
    main()
