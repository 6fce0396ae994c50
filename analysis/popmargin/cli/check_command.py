"""``popmargin check``: reads a table against its contract and lists what it would not use."""

import argparse

from popmargin.cli.answer import Answer
from popmargin.cli.shifts_options import add_reading_options, declaration
from popmargin.tables.read import read_table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("table", metavar="TABLE", help="table (CSV, TSV, XLSX, Parquet)")
    contracts = ["shifts", "anatomy", "patients", "outcomes"]
    parser.add_argument("--contract", choices=contracts, default="shifts")
    add_reading_options(parser)


def run(options: argparse.Namespace) -> Answer:
    """Read the table; one row for each row set aside and each remark."""
    table = read_table(options.table, declaration(options, options.contract))
    rows = [
        {
            "row": flag.row,
            "column": flag.column,
            "severity": flag.severity,
            "message": flag.message,
        }
        for flag in table.flags
    ]
    used = int(table.ledger.filter(table.ledger["status"] == "used")["rows"].sum())
    note = f"{table.rows_read} rows read: {used} used, {table.rows_read - used} set aside"
    return Answer("check", rows, flags=table.flags, assumptions=table.assumptions, notes=[note])
