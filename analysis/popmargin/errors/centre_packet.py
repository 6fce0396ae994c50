"""Summarise a centre's shifts into a packet that holds no patient.

Assumptions and limits: those of `popmargin.errors.packet`. Size classes are formed from the
smallest number of fractions upwards, each as narrow as the smallest group allows.
"""

import math
from collections.abc import Iterable, Sequence

import polars as pl

from popmargin.core.checks import whole
from popmargin.core.exceptions import RefusedInput
from popmargin.core.flags import Flag
from popmargin.errors.packet import SMALLEST_GROUP, CellTotals, PacketCell, SitePacket, SizeClass
from popmargin.errors.units import UnitSums, axis_summary

_UNIT = ("patient_id", "n_fractions", "mean", "sum_of_squares")


def summarise_centre(
    units: UnitSums,
    *,
    centre: str,
    timing: str,
    surrogate: str | None = None,
    image: str = "first",
    smallest_group: int = SMALLEST_GROUP,
    remarks: Iterable[str] = (),
) -> tuple[SitePacket, list[Flag]]:
    """The packet of a centre, and flags on what it leaves out or merges.

    Parameters
    ----------
    units : from `popmargin.errors.units.summarise_units`, of one centre.
    centre : its label, as the others shall see it; not empty.
    timing, surrogate, image : what ``units`` were chosen by.
    smallest_group : patients below which nothing is told, >= 5.
    remarks : codes of flags on the data, passed on.

    Raises
    ------
    OutOfRange
        A smallest group below 5.
    RefusedInput
        An empty centre label, or no group of enough patients on any axis.

    Examples
    --------
    >>> from popmargin.errors.units import summarise_units
    >>> shifts = pl.DataFrame({
    ...     "patient_id": list("aabbccddee"), "fraction": [1, 2] * 5, "lr_mm": [1.0, 3.0] * 5})
    >>> packet, flags = summarise_centre(
    ...     summarise_units(shifts), centre="A", timing="before_correction")
    >>> packet.cells[0].classes[0].sum_of_means, len(flags)
    (10.0, 0)
    """
    smallest = whole("smallest_group", smallest_group, at_least=SMALLEST_GROUP)
    if not centre.strip():
        raise RefusedInput("centre", "a label for the centre", "none", "state --centre NAME")
    cells = []
    suppressed = 0
    for members in _by_group(units):
        for axis in units.axes:
            measured = members.filter(pl.col(f"{axis}_n") > 0)
            if not measured.height:
                continue
            if measured["patient_id"].n_unique() < smallest:
                suppressed += 1
                continue
            numbers = measured.select("group", *units.group_by, "patient_id", *axis_summary(axis))
            cells.append(_cell(numbers, units.group_by, axis, smallest))
    if not cells:
        found = f"{suppressed} groups and axes, all of fewer patients"
        remedy = "send nothing: what so few patients have in common tells of each of them"
        raise RefusedInput("packet", f"a group of at least {smallest} patients", found, remedy)
    packet = SitePacket(
        centre,
        timing,
        surrogate,
        image,
        units.group_by,
        smallest,
        suppressed,
        tuple(sorted(set(remarks))),
        tuple(cells),
    )
    return packet, _flags(packet)


def _by_group(units: UnitSums) -> list[pl.DataFrame]:
    frame = units.frame.sort("group", *units.group_by, "patient_id", nulls_last=True)
    names = list(units.group_by)
    return frame.partition_by(names, maintain_order=True) if names else [frame]


def _cell(numbers: pl.DataFrame, group_by: Sequence[str], axis: str, smallest: int) -> PacketCell:
    sizes, means, squares = (numbers[name].to_list() for name in _UNIT[1:])
    rows = list(zip(sizes, means, squares, strict=True))
    totals = CellTotals(
        squared_sizes=sum(n * n for n in sizes),
        inverse_sizes=math.fsum(1.0 / n for n in sizes),
        sized_means=math.fsum(n * m for n, m, _ in rows),
        sized_squared_means=math.fsum(n * m * m for n, m, _ in rows),
        variances=math.fsum(s / (n - 1) for n, _, s in rows if n > 1),
        replicated_units=sum(n > 1 for n in sizes),
    )
    return PacketCell(
        columns={name: numbers[name][0] for name in group_by},
        group=str(numbers["group"][0]),
        axis=axis,
        n_patients=numbers["patient_id"].n_unique(),
        totals=totals,
        classes=tuple(_size_class(part) for part in _merged(numbers, smallest)),
    )


def _merged(numbers: pl.DataFrame, smallest: int) -> list[pl.DataFrame]:
    """Units by size, neighbouring sizes together until every class has enough patients."""
    found: list[pl.DataFrame] = []
    open_class: list[pl.DataFrame] = []
    for part in numbers.sort("n_fractions").partition_by("n_fractions", maintain_order=True):
        open_class.append(part)
        together = pl.concat(open_class)
        if together["patient_id"].n_unique() >= smallest:
            found.append(together)
            open_class = []
    if open_class:
        # The largest sizes alone are too few: they join the class below.
        found[-1:] = [pl.concat([*found[-1:], *open_class])]
    return found


def _size_class(units: pl.DataFrame) -> SizeClass:
    sizes, means, squares = (units[name].to_list() for name in _UNIT[1:])
    return SizeClass(
        smallest_size=min(sizes),
        largest_size=max(sizes),
        n_patients=units["patient_id"].n_unique(),
        n_units=units.height,
        n_fractions=sum(sizes),
        sum_of_means=math.fsum(means),
        sum_of_squared_means=math.fsum(m * m for m in means),
        sum_of_squares=math.fsum(squares),
        sum_of_sds=math.fsum(
            math.sqrt(s / (n - 1)) for n, s in zip(sizes, squares, strict=True) if n > 1
        ),
        sum_of_squared_squares=math.fsum(s * s for s in squares),
    )


def _flags(packet: SitePacket) -> list[Flag]:
    flags = []
    if packet.suppressed:
        message = (
            f"{packet.suppressed} groups and axes of fewer than {packet.smallest_group} patients "
            "are left out of the packet"
        )
        flags.append(Flag("small_groups_left_out", "warn", message))
    merged = sum(not cell.exact for cell in packet.cells)
    if merged:
        message = (
            f"{merged} of {len(packet.cells)} groups and axes have numbers of fractions that fewer "
            f"than {packet.smallest_group} patients share: these are merged, so that intervals and "
            "REML estimates of the pooled data are approximate; M, systematic and random SD of "
            "anova and conventional stay exact"
        )
        flags.append(Flag("sizes_merged", "info", message))
    return flags
