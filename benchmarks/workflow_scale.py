"""From shards to errors and margins through the workflow: seconds and memory of every rule.

``python benchmarks/workflow_scale.py`` takes a million fractions in 4 shards; a country's worth is
``--rows 100000000 --shards 50 --cores 2 --folder /somewhere`` (about 30 GB of disk, an hour on two
cores). ``--scattered`` spreads the fractions of every patient over all shards. What the jobs say
on stderr is counted: their time, the processor time and the most memory that a process ever held.
The scan adds up the same columns of the shards by polars' streaming engine, in a process of its
own; the ratio is that of the processor time of all jobs to it. ``--targets`` names other results.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import yaml

ROOT = Path(__file__).resolve().parents[1]
AXES = ("lr_mm", "si_mm", "ap_mm")
SITES = ("brain", "breast", "lung", "prostate")
TARGETS = ["tables/population_errors.csv", "tables/margins.csv"]
SCAN = """
import sys, time
import polars as pl
start = time.process_time()
sums = [pl.col(n).sum() for n in ("fraction", "lr_mm", "si_mm", "ap_mm")]
ids = pl.col("patient_id").str.len_bytes().sum()
pl.scan_parquet(sys.argv[1]).select(ids, *sums).collect(engine="streaming")
print(time.process_time() - start)
"""
DONE = re.compile(
    r"popmargin: ([a-z_]+?)(?:_\d+)?: done in ([\d.]+) s"
    r"(?:, processor ([\d.]+) s)?(?:, ([\d.]+) GB)?"
)


def write_shards(folder: Path, rows: int, shards: int, fractions: int, scattered: bool) -> None:
    """Shards of equal size, one in memory at a time; every patient has ``fractions`` rows."""
    folder.mkdir(parents=True, exist_ok=True)
    edges = np.linspace(0, rows, shards + 1).astype(np.int64)
    for number, (start, stop) in enumerate(pairwise(edges)):
        rng = np.random.default_rng([1, number])
        places = np.arange(number, rows, shards) if scattered else np.arange(start, stop)
        patients = places // fractions
        # Each patient's own mean is drawn from the patient's number, so that shards agree.
        means = {axis: _normal(patients, seed) * 2.0 for seed, axis in enumerate(AXES)}
        pl.DataFrame(
            {
                "patient_id": pl.Series(patients).cast(pl.String).str.zfill(8),
                "fraction": places % fractions + 1,
                **{a: np.round(means[a] + rng.normal(0, 2.5, places.size), 1) for a in AXES},
                "site": np.array(SITES)[patients % len(SITES)],
                "centre": pl.Series(patients % 50).cast(pl.String),
            }
        ).write_parquet(folder / f"shard_{number:03}.parquet")


def _normal(numbers: np.ndarray, seed: int) -> np.ndarray:
    """About standard normal values that depend on the number alone."""
    parts = [np.modf(np.sin(numbers * (12.9898 + k) + seed + k) * 43758.5453)[0] for k in range(12)]
    return np.sum(np.abs(parts), axis=0) - 6.0


def write_study(path: Path, shards: Path, group_by: list[str]) -> None:
    """A study of all shards; everything else takes its default."""
    sources = [
        {
            "label": file.stem,
            "path": str(file),
            "quantity": "setup_error",
            "timing": "before_correction",
        }
        for file in sorted(shards.glob("*.parquet"))
    ]
    study = {"study": "scale", "sources": sources, "errors": {"group_by": group_by}}
    path.write_text(yaml.safe_dump(study))


def run(folder: Path, targets: list[str], cores: int) -> tuple[float, dict[str, list[tuple]]]:
    """Seconds of the whole run; of every job, by rule, its seconds, processor seconds, peak GB."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--configfile", "study.yaml", "--cores", str(cores), "--quiet", "all", "--"]
    command += [f"results/scale/{name}" for name in targets]
    begun = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - begun
    if done.returncode:
        sys.exit(done.stderr[-4000:])
    jobs = defaultdict(list)
    for rule, *numbers in DONE.findall(done.stderr):
        jobs[rule].append(tuple(float(number or "nan") for number in numbers))
    return seconds, jobs


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--fractions", type=int, default=34)
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--scattered", action="store_true")
    parser.add_argument("--group-by", nargs="*", default=["site"])
    parser.add_argument("--targets", nargs="+", default=TARGETS)
    parser.add_argument("--folder", type=Path, help="kept, with all results; a temporary one else")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (asked.folder or Path(temporary)).absolute()
        shards = folder / "shards"
        if not shards.exists():
            write_shards(shards, asked.rows, asked.shards, asked.fractions, asked.scattered)
        write_study(folder / "study.yaml", shards, asked.group_by)
        command = [sys.executable, "-c", SCAN, str(shards)]
        scan = min(
            float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
            for _ in range(2)
        )
        seconds, jobs = run(folder, asked.targets, asked.cores)
    order = "scattered over the shards" if asked.scattered else "each patient in one shard"
    print(
        f"{asked.rows:,} fractions x 3 axes of {-(-asked.rows // asked.fractions):,} patients, "
        f"{asked.shards} shards, {order}.\n"
    )
    print(
        "| rule | jobs | processor s in all | longest job s | peak GB of a job |\n"
        "|---|---|---|---|---|"
    )
    for rule, found in jobs.items():
        times, used, peaks = zip(*found, strict=True)
        print(f"| {rule} | {len(found)} | {sum(used):.1f} | {max(times):.1f} | {max(peaks):.2f} |")
    every = [job for found in jobs.values() for job in found]
    work = sum(used for _, used, _ in every)
    print(
        f"| all | {len(every)} | {work:.1f} | {seconds:.1f} from start to end | "
        f"{max(peak for *_, peak in every):.2f} |"
    )
    print(
        f"\nProcessor time, with imports. Scan of the shards' columns: {scan:.2f} s; all jobs take "
        f"{work / scan:.0f} times that."
    )


if __name__ == "__main__":
    main()
