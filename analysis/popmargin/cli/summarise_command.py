"""``popmargin summarise``: the packet of one centre, without any patient."""

import argparse
from pathlib import Path
from typing import Any

from popmargin.cli.answer import Answer
from popmargin.cli.number_types import count
from popmargin.cli.shifts_options import (
    add_choosing_options,
    add_reading_options,
    group_columns,
    read_shifts,
)
from popmargin.cli.silent_faults import add_override_option, answered_faults
from popmargin.core.exceptions import RefusedInput
from popmargin.core.flags import Flag
from popmargin.errors.centre_packet import summarise_centre
from popmargin.errors.disclosure import difference_flags
from popmargin.errors.packet import SMALLEST_GROUP, SitePacket
from popmargin.errors.select import filter_rows
from popmargin.tables.packet_file import read_packet, write_packet

COLUMNS = ("group", "axis", "n_patients", "n_units", "n_fractions", "size_classes", "exact")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("table", metavar="SHIFTS", help="shifts table of one centre")
    parser.add_argument("-o", "--output", required=True, metavar="PACKET", help="file to write")
    parser.add_argument("--centre", help="label of the centre (default: its column centre)")
    parser.add_argument(
        "--smallest-group",
        type=count,
        default=SMALLEST_GROUP,
        metavar="N",
        help=f"patients below which nothing is told (default and least {SMALLEST_GROUP})",
    )
    parser.add_argument(
        "--earlier",
        action="append",
        default=[],
        metavar="PACKET",
        help="a packet sent before: refuse if both together tell of few patients (repeatable)",
    )
    add_reading_options(parser)
    add_choosing_options(parser)
    add_override_option(parser)


def run(options: argparse.Namespace) -> Answer:
    """Write the packet; refuse where it would tell of too few patients."""
    reading = read_shifts(options)
    remarked = answered_faults(options, reading, [], group_by=group_columns(options))
    _refuse_blocked(options.table, remarked)
    packet, flags = summarise_centre(
        reading.units,
        centre=options.centre or _stated_centre(options, reading.table.frame),
        timing=options.timing,
        surrogate=options.surrogate,
        image=options.image,
        smallest_group=options.smallest_group,
        remarks=[flag.code for flag in remarked],
    )
    target = Path(options.output)
    # What stands at the target was perhaps sent: it is an earlier packet too.
    paths = [*options.earlier, *([target] if target.exists() else [])]
    earlier = [SitePacket.from_document(read_packet(path)) for path in paths]
    differences = difference_flags(packet, earlier)
    _refuse_blocked(options.output, differences)
    write_packet(packet.document(), target)
    return Answer(
        "summarise",
        [_row(cell) for cell in packet.document()["cells"]],
        [*remarked, *flags, *differences],
        [*reading.assumptions, f"no sum over fewer than {packet.smallest_group} patients"],
        (*packet.group_by, *COLUMNS),
    )


def _row(cell: dict[str, Any]) -> dict[str, Any]:
    parts = cell["classes"]
    return {
        **cell["columns"],
        "group": cell["group"],
        "axis": cell["axis"],
        "n_patients": cell["n_patients"],
        "n_units": sum(part["n_units"] for part in parts),
        "n_fractions": sum(part["n_fractions"] for part in parts),
        "size_classes": len(parts),
        "exact": all(part["smallest_size"] == part["largest_size"] for part in parts),
    }


def _stated_centre(options: argparse.Namespace, frame: Any) -> str:
    """The one value of the column centre in the rows that count."""
    rows = filter_rows(
        frame, timing=options.timing, surrogate=options.surrogate, group_by=group_columns(options)
    )
    there = "centre" in rows.collect_schema().names()
    found = rows.select("centre").unique().collect()["centre"].to_list() if there else []
    if len(found) != 1 or found[0] is None:
        number = f"{len(found)} values" if there else "no column centre"
        remedy = "state --centre NAME, or split the table: one packet per centre"
        raise RefusedInput(Path(options.table).name, "rows of one stated centre", number, remedy)
    return str(found[0])


def _refuse_blocked(place: str, flags: list[Flag]) -> None:
    """Raise for the first blocking flag: nothing is written then."""
    for flag in flags:
        if flag.severity == "block":
            remedy = (
                "send nothing until many more patients have come, or the same groups as before"
                if flag.code == "difference_attack"
                else "correct the data, or answer for it: --override FLAG=REASON (docs/quality.md)"
            )
            raise RefusedInput(Path(place).name, "data that may leave", flag.message, remedy)
