"""Write the random cohorts that lme4 is asked about; run once, output frozen beside it.

First ``python make_cohorts.py``, then ``Rscript make_reml_reference.R``, both with their path.
"""

import csv
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent
COHORTS = 30
NESTED = 8


def one_way_rows(rng: np.random.Generator) -> list[list[object]]:
    """Unbalanced cohorts from a few groups of one or two to tens of groups, any variance ratio."""
    rows: list[list[object]] = []
    for cohort in range(COHORTS):
        groups = int(rng.integers(3, 31))
        largest = int(rng.choice([3, 8, 30]))
        between, within = float(rng.choice([0.0, 0.3, 1.0, 4.0])), float(rng.uniform(0.5, 3.0))
        for group in range(groups):
            size = int(rng.integers(1, largest + 1)) if group else largest
            level = 1.5 + between * rng.normal()
            rows += [
                [f"one_way_{cohort:02d}", "", group, round(level + within * rng.normal(), 3)]
                for _ in range(size)
            ]
    return rows


def nested_rows(rng: np.random.Generator) -> list[list[object]]:
    """Unbalanced three-level cohorts."""
    rows: list[list[object]] = []
    for cohort in range(NESTED):
        outer_sd, group_sd = float(rng.choice([0.5, 2.0])), float(rng.choice([0.5, 1.5]))
        group = 0
        for outer in range(int(rng.integers(3, 8))):
            shift = outer_sd * rng.normal()
            for _ in range(int(rng.integers(2, 9))):
                level = shift + group_sd * rng.normal()
                rows += [
                    [f"nested_{cohort:02d}", outer, group, round(level + rng.normal(), 3)]
                    for _ in range(int(rng.integers(1, 8)))
                ]
                group += 1
    return rows


def main() -> None:
    """Write ``cohorts.csv``."""
    rng = np.random.default_rng(20240501)
    with (FOLDER / "cohorts.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["cohort", "outer", "group", "value"])
        writer.writerows(one_way_rows(rng) + nested_rows(rng))


if __name__ == "__main__":
    main()
