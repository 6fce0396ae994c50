"""How soon the early warning sees a change, against the best possible with a known baseline.

Writes the table that ships as ``reference/detection_delay.csv``. Run: python -m
benchmarks.detection_delay (about a minute on one core).
"""

import polars as pl

from popmargin.anatomy.detection import tabulate_detection
from popmargin.core.resources import resource_path


def main():
    rows = tabulate_detection(35, change_at=11, courses=10_000)
    frame = pl.DataFrame(rows, infer_schema_length=None)
    numbers = [n for n in frame.columns if frame[n].dtype == pl.Float64]
    frame.with_columns(pl.col(numbers).round(4)).write_csv(
        resource_path("reference") / "detection_delay.csv"
    )
    with pl.Config(tbl_rows=-1, tbl_cols=-1):
        print(frame)


if __name__ == "__main__":
    main()
