"""Sections that account for the data: cohort flow, assumptions and flags, provenance."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import polars as pl

from popmargin.reports.columns import Row, counted, named, table_of, text, text_table
from popmargin.reports.numbers import count
from popmargin.reports.section import Section

SEVERITIES: Final = {"block": "blocks margins", "warn": "warning", "info": "remark"}
STAGES: Final = {
    "gather": "reading",
    "select": "choosing what is estimated from",
    "replay": "replaying protocols",
}
MAXIMUM_FLAGS: Final = 100
ASSUMPTION: Final = "assumption"


def cohort_section(ledger: pl.DataFrame) -> Section:
    """Rows read, used and set aside by reason, per source and stage."""
    lines = ledger.filter(pl.col("stage") != "override")
    keys = ["source", "stage", "status", "reason", "message"]
    sums = lines.group_by(keys, maintain_order=True).agg(pl.col("rows").sum())
    table = table_of(
        "Every row read is used or set aside",
        sums.rows(named=True),
        [
            text("Source", "source", missing=""),
            text("Step", "stage", STAGES),
            text("What became of them", lambda row: "used" if _used(row) else "set aside"),
            text("Reason", _reason, missing=""),
            counted("Rows", "rows"),
        ],
        "ledger.csv",
    )
    return Section("cohort", "Cohort", [_flow(lines, stage) for stage in _stages(lines)], [table])


def _used(row: Row) -> bool:
    return bool(row["status"] == "used")


def _reason(row: Row) -> str | None:
    return None if _used(row) else row["message"] or row["reason"]


def _stages(lines: pl.DataFrame) -> list[str]:
    return [str(stage) for stage in lines["stage"].unique(maintain_order=True)]


def _flow(lines: pl.DataFrame, stage: str) -> str:
    part = lines.filter(stage=stage)
    used, total = (int(frame["rows"].sum()) for frame in (part.filter(status="used"), part))
    step = STAGES.get(stage, stage).capitalize()
    return f"{step}: {count(total)} rows, {count(used)} used, {count(total - used)} set aside."


def flags_section(flags: pl.DataFrame, assumptions: Sequence[str]) -> Section:
    """Flags by severity, the gravest first; what was assumed, each once with its sources.

    Flags with the code ``assumption`` are assumptions; ``assumptions`` adds others.
    """
    order = {severity: rank for rank, severity in enumerate(SEVERITIES)}
    ranked = sorted(flags.rows(named=True), key=lambda row: order.get(row["severity"], len(order)))
    rows = [row for row in ranked if row["code"] != ASSUMPTION]
    shown = rows[:MAXIMUM_FLAGS]
    more = len(rows) - len(shown)
    words = [f"{count(more)} more are in the table of flags."] if more else []
    fields = [
        text("Severity", "severity", SEVERITIES),
        named("Flag", "code", missing=""),
        text("Remark", "message", missing=""),
        *([text("Where", _where, missing="")] if any(map(_where, shown)) else []),
    ]
    tables = [table_of("Flags", shown, fields, "tables/flags.csv")] if shown else []
    assumed: dict[str, list[str]] = {text: [] for text in assumptions}
    for row in ranked:
        if row["code"] == ASSUMPTION:
            assumed.setdefault(str(row["message"]), []).append(str(row["file"] or ""))
    items = [(text, "; ".join(filter(None, sources))) for text, sources in assumed.items()]
    return Section("flags", "Assumptions and flags", words, tables, items=items)


def _where(row: Mapping[str, Any]) -> str:
    parts = [
        str(row["file"] or ""),
        f"row {row['row']}" if row["row"] is not None else "",
        f"column {row['column']}" if row["column"] else "",
    ]
    return ", ".join(part for part in parts if part)


def blocking_flags(flags: pl.DataFrame) -> list[str]:
    """Messages of the flags that withhold margins, each once."""
    return list(dict.fromkeys(flags.filter(severity="block")["message"].to_list()))


def provenance_section(provenance: Mapping[str, Any]) -> Section:
    """What the results rest on: inputs by label, versions, hashes, seed."""
    inputs = [entry for entry in provenance.get("inputs", []) if isinstance(entry, Mapping)]
    keys = ("label", "table", "kind", "sha256")
    rows = [[str(entry.get(key, "")) for key in keys] for entry in inputs]
    titles = ("Source", "Table", "Kind", "SHA-256")
    tables = [text_table("Inputs", titles, rows)] if rows else []
    rest = {k: v for k, v in provenance.items() if k not in ("inputs", "config", "notice")}
    return Section("provenance", "Provenance", tables=tables, items=[*_flat(rest)])


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Nested entries as pairs of name and text, in the order given; versions in one text."""
    for key, value in values.items():
        name = f"{prefix}{str(key).replace('_', ' ')}"
        if isinstance(value, Mapping) and all(isinstance(v, str) for v in value.values()):
            yield name, ", ".join(f"{k} {v}" for k, v in value.items())
        elif isinstance(value, Mapping):
            yield from _flat(value, f"{name}: ")
        elif isinstance(value, list | tuple):
            yield name, ", ".join(map(str, value))
        else:
            yield name, str(value)
