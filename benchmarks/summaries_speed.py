"""Summaries and errors of 1e7 Parquet fractions x 3 axes against a pure scan of the columns.

``python benchmarks/summaries_speed.py [--patients 333334]`` prints a markdown table. Each work runs
in a process of its own (its peak memory is its own), in three rounds that take turns, so that the
load of the machine meets all alike; the fastest counts. The scan adds up the same columns by
polars' streaming engine; pandas and, where it is installed, DuckDB group the same file.
"""

import argparse
import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

FRACTIONS = 30
ROUNDS = 3
PROGRAMS = {
    "scan of the columns (polars, streaming)": """
import polars as pl
lazy = pl.scan_parquet(path)
def work():
    sums = [pl.col(n).sum() for n in ("fraction", "lr_mm", "si_mm", "ap_mm")]
    lazy.select(pl.col("patient_id").str.len_bytes().sum(), *sums).collect(engine="streaming")
""",
    "popmargin: read, check, summarise, M, systematic and random SD with intervals": """
from popmargin.errors.population import axis_data, estimate_population_errors
from popmargin.errors.units import summarise_units, sums_beside
from popmargin.tables.read import read_table
from popmargin.tables.source import SourceDeclaration
def work():
    table = read_table(path, SourceDeclaration("bench"), beside=sums_beside)
    estimate_population_errors(axis_data(summarise_units(table.frame, sums=table.beside)))
""",
    "pandas: read, group, mean and variance": """
import pandas as pd, polars as pl
def work():
    frame = pl.read_parquet(path)
    frame = pd.DataFrame({n: frame[n].to_numpy() for n in frame.columns})
    frame.groupby("patient_id")[["lr_mm", "si_mm", "ap_mm"]].agg(["count", "mean", "var"])
""",
    "DuckDB: read, group, mean and variance": """
import duckdb
duckdb.execute("SET enable_progress_bar = false")
def work():
    each = ", ".join(f"count({n}), avg({n}), var_samp({n})" for n in ("lr_mm", "si_mm", "ap_mm"))
    duckdb.sql(f"select patient_id, {each} from '{path}' group by patient_id").fetchnumpy()
""",
}
if importlib.util.find_spec("duckdb") is None:
    del PROGRAMS["DuckDB: read, group, mean and variance"]
HARNESS = """
import sys, time
path = sys.argv[1]
{program}
times = []
for _ in range(2):
    start = time.perf_counter()
    work()
    times.append(time.perf_counter() - start)
with open("/proc/self/status") as status:
    peak = next(line for line in status if line.startswith("VmHWM"))
print(min(times), int(peak.split()[1]) / 1e6)
"""


def make(folder: Path, patients: int) -> dict[str, Path]:
    """The same rows sorted by patient, and in random order."""
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
    paths = {"sorted by patient": folder / "a.parquet", "random order": folder / "b.parquet"}
    frame.write_parquet(paths["sorted by patient"])
    frame.sample(fraction=1.0, shuffle=True, seed=1).write_parquet(paths["random order"])
    return paths


def measure(program: str, path: Path) -> tuple[float, float]:
    """Fastest of two runs in one process in seconds, and its peak memory in GB."""
    code = HARNESS.format(program=program)
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    seconds, memory = done.stdout.split()
    return float(seconds), float(memory)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--patients", type=int, default=333_334)
    patients = parser.parse_args().patients
    print(f"{patients * FRACTIONS:,} fractions x 3 axes, {patients:,} patients, Parquet.\n")
    print("| rows | work | s | x scan | peak GB |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for order, path in make(Path(folder), patients).items():
            runs = [
                {name: measure(program, path) for name, program in PROGRAMS.items()}
                for _ in range(ROUNDS)
            ]
            scan = None
            for name in PROGRAMS:
                seconds = min(run[name][0] for run in runs)
                memory = max(run[name][1] for run in runs)
                scan = scan or seconds
                print(f"| {order} | {name} | {seconds:.2f} | {seconds / scan:.1f} | {memory:.2f} |")


if __name__ == "__main__":
    main()
