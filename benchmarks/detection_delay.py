"""How soon the early warning sees a change, against the best possible with a known baseline.

Writes the table that ships as ``reference/detection_delay.csv``. Run: python -m
benchmarks.detection_delay (about a minute on one core).
"""

import polars as pl

from popmargin.anatomy.detection import tabulate_detection
from popmargin.core.resources import resource_path

VALUES, CHANGE_AT, COURSES = 35, 11, 10_000
# Method, share of false alarms and SD of the rates of each column.
COLUMNS = {
    "rule 1 %, rates 0": ("rule", 0.01, 0.0),
    "best possible 1 %": ("best possible", 0.01, 0.0),
    "rule 5 %, rates 0": ("rule", 0.05, 0.0),
    "rates 0.1": ("rule", 0.05, 0.1),
    "rates 0.3": ("rule", 0.05, 0.3),
    "best possible 5 %": ("best possible", 0.05, 0.0),
}


def main():
    rows = tabulate_detection(VALUES, change_at=CHANGE_AT, courses=COURSES)
    frame = pl.DataFrame(rows, infer_schema_length=None)
    numbers = [n for n in frame.columns if frame[n].dtype == pl.Float64]
    frame.with_columns(pl.col(numbers).round(4)).write_csv(
        resource_path("reference") / "detection_delay.csv"
    )
    print(
        f"{VALUES} values a course, change at value {CHANGE_AT}, {COURSES:,} courses; the whole "
        "table ships as `reference/detection_delay.csv`.\n\nMean number of values to the alarm "
        "(share seen). Rates: SD of the patients' own rates per value, in SDs of one value; where "
        "they are 0 nobody has a rate of his own. The best possible rule knows the baseline.\n"
    )
    print("| change | size, SD |", " | ".join(COLUMNS), "|\n" + "|---" * (2 + len(COLUMNS)) + "|")
    cells = {
        (row["change"], row["size_sd"], row["method"], row["false_alarms"], row["rate_sd"]): (
            f"{row['delay']:.1f} ({row['detected']:.0%})".replace("%", " %")
        )
        for row in rows
    }
    for change, size in dict.fromkeys(key[:2] for key in cells):
        found = " | ".join(cells[change, size, *column] for column in COLUMNS.values())
        print(f"| {change} | {size} | {found} |")


if __name__ == "__main__":
    main()
