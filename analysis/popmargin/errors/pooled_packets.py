"""Pool the packets of centres: the errors of all their patients, and of each centre.

Assumptions: those of `popmargin.errors.population`; every patient is in one packet. With packets
whose size classes hold one size each the result is that of the pooled rows up to rounding (about
1e-13 of it). Limits: units of a merged class count as of nearly one size, their mean, in intervals
and REML estimates; a flag names where. In simulated centres of 20 patients that moved limits by
0.3 % where sizes 18 to 25 were merged, by up to 3 % (anova) and 7 % (conventional) where 2 to 35
were. Moment estimates (anova, conventional) are exact always.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from popmargin.core.axes import AXES
from popmargin.core.exceptions import RefusedInput
from popmargin.core.flags import Flag
from popmargin.errors.packet import PacketCell, SitePacket, SizeClass
from popmargin.errors.population import AxisData
from popmargin.statistics.group_totals import GroupTotals
from popmargin.statistics.size_table import SizeTable

_CHOICE = ("timing", "surrogate", "image", "group_by")


@dataclass(frozen=True, slots=True)
class CentreData:
    """One group and axis: all centres together, and each of them."""

    pooled: AxisData
    centres: Mapping[str, AxisData]


def pool_packets(packets: Sequence[SitePacket]) -> tuple[list[CentreData], list[Flag]]:
    """Units of every group and axis over all centres, sorted by group and axis; and flags.

    Raises
    ------
    RefusedInput
        No packet, two of one centre, or packets that chose their rows differently.

    >>> pool_packets([])
    Traceback (most recent call last):
    popmargin.core.exceptions.RefusedInput: packets: expected at least one, found none; name them
    """
    _check_fit(packets)
    found: dict[tuple[str, tuple[Any, ...], int], dict[str, PacketCell]] = {}
    for packet in sorted(packets, key=lambda item: item.centre):
        for cell in packet.cells:
            values = tuple(cell.columns.get(name) for name in packet.group_by)
            order = (cell.group, tuple(str(value) for value in values), AXES.index(cell.axis))
            found.setdefault(order, {})[packet.centre] = cell
    data = [
        CentreData(
            axis_data_of_cells(list(cells.values())),
            {centre: axis_data_of_cells([cell]) for centre, cell in cells.items()},
        )
        for _, cells in sorted(found.items(), key=lambda item: item[0])
    ]
    return data, _flags(packets, list(found.values()))


def axis_data_of_cells(cells: Sequence[PacketCell]) -> AxisData:
    """All units of cells of one group and axis, reduced to a table by size.

    ``cells`` at least one, all of one group and axis.
    """
    table = _table(cells)
    if not all(cell.exact for cell in cells):
        table = replace(table, exact_totals=_totals(cells, table.reference))
    first = cells[0]
    patients = sum(cell.n_patients for cell in cells)
    return AxisData(first.group, first.columns, first.axis, patients, table)


def _table(cells: Sequence[PacketCell]) -> SizeTable:
    rows = [row for cell in cells for part in cell.classes for row in _rows(part)]
    return SizeTable.from_moments(*zip(*rows, strict=True))


def _rows(part: SizeClass) -> list[tuple[float, ...]]:
    """Rows (size, units, sums) of a class; two neighbouring sizes where it was merged.

    Whole numbers of units at whole sizes, so that units and fractions add up exactly.
    """
    size, rest = divmod(part.n_fractions, part.n_units)
    counts = {size: part.n_units - rest} | ({size + 1: rest} if rest else {})
    df = part.n_fractions - part.n_units
    squared_df = sum(count * (n - 1) ** 2 for n, count in counts.items())
    several = sum(count for n, count in counts.items() if n > 1)

    def share(count: float, total: float, value: float) -> float:
        # The whole of a sum stays what it is, to the last bit.
        return value if count == total else value * (count / total)

    return [
        (
            n,
            count,
            share(count, part.n_units, part.sum_of_means),
            share(count, part.n_units, part.sum_of_squared_means),
            share(count * (n - 1), df, part.sum_of_squares) if df else 0.0,
            share(count * (n > 1), several, part.sum_of_sds) if several else 0.0,
            share(count * (n - 1) ** 2, squared_df, part.sum_of_squared_squares) if df else 0.0,
        )
        for n, count in counts.items()
    ]


def _totals(cells: Sequence[PacketCell], reference: float) -> GroupTotals:
    """The true totals, with deviations taken from ``reference``."""
    parts = [part for cell in cells for part in cell.classes]
    totals = [cell.totals for cell in cells]

    def over(value: Callable[[SizeClass], float]) -> float:
        return math.fsum(value(part) for part in parts)

    groups = sum(part.n_units for part in parts)
    observations = sum(part.n_fractions for part in parts)
    first = over(lambda part: part.sum_of_means)
    second = over(lambda part: part.sum_of_squared_means)
    sized = math.fsum(part.sized_means for part in totals)
    sized_squares = math.fsum(part.sized_squared_means for part in totals)
    return GroupTotals(
        groups=groups,
        observations=observations,
        squared_sizes=sum(part.squared_sizes for part in totals),
        replicated_groups=sum(part.replicated_units for part in totals),
        inverse_sizes=math.fsum(part.inverse_sizes for part in totals),
        deviations=math.fsum((first, -reference * groups)),
        squared_deviations=math.fsum((second, -2 * reference * first, reference**2 * groups)),
        sized_deviations=math.fsum((sized, -reference * observations)),
        sized_squares=math.fsum(
            (sized_squares, -2 * reference * sized, reference**2 * observations)
        ),
        within_total=over(lambda part: part.sum_of_squares),
        within_variances=math.fsum(part.variances for part in totals),
        within_sds=over(lambda part: part.sum_of_sds),
        reference=reference,
    )


def _check_fit(packets: Sequence[SitePacket]) -> None:
    if not packets:
        raise RefusedInput("packets", "at least one", "none", "name them")
    first = packets[0]
    seen: set[str] = set()
    for packet in packets:
        where = f"packet of centre {packet.centre}"
        if packet.centre in seen:
            remedy = "give one packet per centre: patients would count twice"
            raise RefusedInput(where, "one packet per centre", "two", remedy)
        seen.add(packet.centre)
        for name in _CHOICE:
            wanted, value = getattr(first, name), getattr(packet, name)
            if value != wanted:
                remedy = f"summarise every centre with the same {name}"
                expected = f"{name} {wanted!r} as of centre {first.centre}"
                raise RefusedInput(where, expected, repr(value), remedy)


def _flags(packets: Sequence[SitePacket], cells: Sequence[Mapping[str, PacketCell]]) -> list[Flag]:
    flags = []
    merged = sorted({name for part in cells for name, cell in part.items() if not cell.exact})
    if merged:
        message = (
            f"centres {', '.join(merged)} merged numbers of fractions that few patients share: "
            "intervals and REML estimates are approximate, anova and conventional SDs exact"
        )
        flags.append(Flag("sizes_merged", "warn", message))
    left_out = sorted(packet.centre for packet in packets if packet.suppressed)
    if left_out:
        message = f"centres {', '.join(left_out)} left out groups of too few patients"
        flags.append(Flag("small_groups_left_out", "warn", message))
    flags += [
        Flag("centre_remarks", "info", f"centre {p.centre} flagged: {', '.join(p.remarks)}")
        for p in packets
        if p.remarks
    ]
    return flags
