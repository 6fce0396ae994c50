"""Section on silent faults of the log: who raises a flag, and the margin with and without."""

import polars as pl

from popmargin.reports.account_section import SEVERITIES
from popmargin.reports.columns import (
    Row,
    axis,
    counted,
    estimate,
    made,
    named,
    plain,
    table_of,
    text,
)
from popmargin.reports.numbers import count
from popmargin.reports.section import Section


def quality_section(quality: pl.DataFrame) -> Section:
    """Faults found, gravest first, with both margins.

    Parameters: a table after the contract ``quality_flags``.
    """
    order = {severity: rank for rank, severity in enumerate(SEVERITIES)}
    rows = sorted(quality.rows(named=True), key=lambda row: order.get(row["severity"], len(order)))
    words = (
        "Margins as the rows are, and as they might be without the fault: a likely repair, to "
        "judge the fault by, not a margin to use. Correct the data at their source; a flag that "
        "blocks margins can be overridden in the config with a written reason. The rows behind "
        "each flag are in tables/quality_rows.csv."
    )
    table = table_of(
        "Silent faults: margin with and without (interval)",
        rows,
        [
            text("Severity", "severity", SEVERITIES),
            named("Fault", "code"),
            text("Group", "group"),
            axis("text"),
            counted("Patients", "n_patients"),
            made("Rows", _rows, "n_rows"),
            estimate("Margin with, mm", "margin_with", digits=1, missing="not known"),
            estimate("Margin without, mm", "margin_without", digits=1, missing="not known"),
            plain("Effect, mm", "effect_mm", missing="not known"),
        ],
        "tables/quality_flags.csv",
    )
    return Section("quality", "Quality of the data", [words], [table])


def _rows(row: Row) -> str:
    return f"{count(row['n_rows'])} ({row['share_of_rows']:.0%})"
