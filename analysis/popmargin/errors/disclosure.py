"""Difference attacks: what two packets of one centre tell together that neither tells alone.

If a group of one packet holds the groups of another and a few patients more, subtracting the sums
leaves the sums of those few. Groups are taken to hold each other by their group columns: ``lung``
holds ``lung / technique A``, and a packet without groups holds all others.

Limits: packets that were sent and are not shown here cannot be compared; patients who left the
data while as many came are seen only as a change in the sums.
"""

from collections.abc import Sequence

from popmargin.core.flags import Flag
from popmargin.errors.packet import PacketCell, SitePacket


def difference_flags(packet: SitePacket, earlier: Sequence[SitePacket]) -> list[Flag]:
    """One blocking flag for each group whose difference to an earlier packet tells of too few.

    A difference of 1 to ``smallest_group - 1`` patients is told, and so is a change of sums among
    the same number of patients: the patients that changed may be as few as one.
    Packets of another centre or of other rows (timing, surrogate, image) are refused by a flag too.

    >>> a = SitePacket("A", "before_correction", None, "first", (), 5, 0, (), ())
    >>> difference_flags(a, [a])
    []
    """
    flags: list[Flag] = []
    for other in earlier:
        if other.centre != packet.centre:
            message = f"earlier packet is of centre {other.centre}, not {packet.centre}"
            flags.append(Flag("packet_of_another_centre", "block", message))
            continue
        if (other.timing, other.surrogate, other.image) != (
            packet.timing,
            packet.surrogate,
            packet.image,
        ):
            message = (
                "an earlier packet chose other rows (timing, surrogate or image): their sums "
                "cannot be compared, but overlap where a fraction has one image"
            )
            flags.append(Flag("packet_of_other_rows", "warn", message))
        for outer, inner in ((packet, other), (other, packet)):
            smallest = min(packet.smallest_group, other.smallest_group)
            flags += [flag for cell in outer.cells for flag in _cell_flags(cell, inner, smallest)]
    return list({flag.message: flag for flag in flags}.values())


def _cell_flags(cell: PacketCell, inner: SitePacket, smallest: int) -> list[Flag]:
    held = [
        other
        for other in inner.cells
        if other.axis == cell.axis
        and all(other.columns.get(name, cell) == value for name, value in cell.columns.items())
    ]
    if not held or held == [cell]:
        return []
    difference = cell.n_patients - sum(other.n_patients for other in held)
    place = f"group {cell.group}, axis {cell.axis}"
    if 0 < abs(difference) < smallest:
        message = (
            f"{place}: subtracting what was sent before leaves {abs(difference)} patients, fewer "
            f"than {smallest}"
        )
    elif difference == 0 and not _same_sums(cell, held):
        message = (
            f"{place}: as many patients as were sent before with other sums: the difference is "
            "what changed, perhaps of one patient"
        )
    else:
        return []
    return [Flag("difference_attack", "block", message, patients=abs(difference))]


def _same_sums(cell: PacketCell, held: Sequence[PacketCell]) -> bool:
    """Whether the held groups together are the group itself, up to rounding."""
    for name in ("n_units", "n_fractions", "sum_of_means", "sum_of_squares"):
        whole = sum(getattr(part, name) for part in cell.classes)
        parts = sum(getattr(part, name) for other in held for part in other.classes)
        if abs(whole - parts) > 1e-9 * max(1.0, abs(whole)):
            return False
    return True
