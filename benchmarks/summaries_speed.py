"""Summaries and errors of 1e7 Parquet fractions x 3 axes against a pure scan of the columns.

``python benchmarks/summaries_speed.py [--patients 333334]`` prints a markdown table; ``--patients
2941177 --fractions 34 --rounds 1`` is 1e8 fractions, a country's worth (minutes; pandas
takes 16 GB of memory for 30 fractions of each, ``--no-pandas`` leaves it out). Each work runs
in a process of its own (its peak memory is its own), in three rounds that take turns, so that the
load of the machine meets all alike; the fastest counts, and the memory of a process's first run.
The scan adds up the same columns by polars' streaming engine, on the same file in the same run;
pandas and, where it is installed, DuckDB group the same file. Processor time is that of all
threads: it tells more than time where others load the machine.
"""

import argparse
import math
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

ROUNDS = 3
CHUNK = 5_000_000
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
from popmargin.errors.units import SumsBeside, summarise_units
from popmargin.tables.read import read_table
from popmargin.tables.source import SourceDeclaration
def work():
    table = read_table(path, SourceDeclaration("bench"), beside=SumsBeside)
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
HARNESS = """
import sys, time
path = sys.argv[1]
{program}
times, processor, peaks = [], [], []
for _ in range(2):
    start, used = time.perf_counter(), time.process_time()
    work()
    times.append(time.perf_counter() - start)
    processor.append(time.process_time() - used)
    with open("/proc/self/status") as status:
        peak = next(line for line in status if line.startswith("VmHWM"))
    peaks.append(int(peak.split()[1]) / 1e6)
print(min(times), min(processor), peaks[0])
"""


def make(folder: Path, patients: int, fractions: int) -> dict[str, Path]:
    """The same rows sorted by patient, and scattered over the table, within bounded memory."""
    rows = patients * fractions
    paths = {
        "sorted by patient": folder / "a.parquet",
        "random order": folder / "b.parquet",
    }
    for (order, path), stride in zip(paths.items(), (1, _stride(rows)), strict=True):
        parts = folder / order
        parts.mkdir()
        for number, start in enumerate(range(0, rows, CHUNK)):
            # A stride that shares no factor with the number of rows meets each of them once.
            places = np.arange(start, min(start + CHUNK, rows)) * stride % rows
            rng = np.random.default_rng(number)
            ids = pl.Series(places // fractions).cast(pl.String).str.zfill(8)
            positions = {
                f"{a}_mm": np.round(rng.normal(0, 3, places.size), 2) for a in ("lr", "si", "ap")
            }
            pl.DataFrame(
                {"patient_id": ids, "fraction": places % fractions + 1, **positions}
            ).write_parquet(parts / f"{number:04}.parquet")
        pl.scan_parquet(parts).sink_parquet(path)
        shutil.rmtree(parts)
    return paths


def _stride(rows: int) -> int:
    stride = int(0.618 * rows)
    while math.gcd(stride, rows) > 1:
        stride += 1
    return stride


def measure(program: str, path: Path) -> tuple[float, ...]:
    """Fastest of two runs in one process: seconds, processor seconds, its peak memory in GB."""
    code = HARNESS.format(program=program)
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(map(float, done.stdout.split()))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--patients", type=int, default=333_334)
    parser.add_argument("--fractions", type=int, default=30, help="of each patient")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--no-pandas", action="store_true", help="88 million rows take it 16 GB")
    options = parser.parse_args()
    patients, fractions = options.patients, options.fractions
    left_out = "pandas" if options.no_pandas else "nothing"
    programs = {name: text for name, text in PROGRAMS.items() if not name.startswith(left_out)}
    print(f"{patients * fractions:,} fractions x 3 axes, {patients:,} patients, Parquet.\n")
    print(
        "| rows | work | s | x scan | processor s | x scan | peak GB |\n"
        "|---|---|---|---|---|---|---|"
    )
    with tempfile.TemporaryDirectory() as folder:
        for order, path in make(Path(folder), patients, fractions).items():
            runs = [
                {name: measure(program, path) for name, program in programs.items()}
                for _ in range(options.rounds)
            ]
            scan = None
            for name in programs:
                seconds, used = (min(run[name][i] for run in runs) for i in (0, 1))
                memory = max(run[name][2] for run in runs)
                scan = scan or (seconds, used)
                print(
                    f"| {order} | {name} | {seconds:.2f} | {seconds / scan[0]:.1f} "
                    f"| {used:.2f} | {used / scan[1]:.1f} | {memory:.2f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
