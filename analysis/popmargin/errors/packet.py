"""What a centre may send out: sums over patients, from which pooled errors are exact.

A packet holds no row of a patient. Every number in it is a sum over at least ``smallest_group``
patients: groups of fewer are left out, and numbers of fractions that too few patients have are
merged with their neighbours into one size class.

Assumptions: the sums are those of `popmargin.errors.units`; a patient was treated at one centre.
Limits: sums are exact, not blurred. Who knows all but one patient of a group can subtract them, and
a group of five on a coarse grid of values may be solved by search: a larger ``smallest_group``
makes both harder. Two packets of overlapping patients are worse than one: see
`popmargin.errors.disclosure`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

PACKET_VERSION: Final = "1"
SMALLEST_GROUP: Final = 5


@dataclass(frozen=True, slots=True)
class SizeClass:
    """Sums over the units of one group and axis that have ``smallest_size`` to ``largest_size``.

    Units are patient x course x plan, sizes are fractions per unit; sums are in mm (deg) and their
    powers: of unit means and their squares, of the within-unit sums of squares SS_i, of the unit
    SDs, and of SS_i^2.
    """

    smallest_size: int
    largest_size: int
    n_patients: int
    n_units: int
    n_fractions: int
    sum_of_means: float
    sum_of_squared_means: float
    sum_of_squares: float
    sum_of_sds: float
    sum_of_squared_squares: float


@dataclass(frozen=True, slots=True)
class CellTotals:
    """Sums over all units of a group and axis that their size classes do not tell.

    n_i fractions, mean m_i and sum of squares SS_i of a unit: sums of n_i^2, of 1 / n_i, of
    n_i m_i, of n_i m_i^2 and of SS_i / (n_i - 1); the number of units with two fractions or more.
    """

    squared_sizes: int
    inverse_sizes: float
    sized_means: float
    sized_squared_means: float
    variances: float
    replicated_units: int


@dataclass(frozen=True, slots=True)
class PacketCell:
    """One group and axis of one centre: ``columns`` are the values of the group columns."""

    columns: Mapping[str, str | None]
    group: str
    axis: str
    n_patients: int
    totals: CellTotals
    classes: tuple[SizeClass, ...]

    @property
    def exact(self) -> bool:
        """Whether every class holds units of one size."""
        return all(part.smallest_size == part.largest_size for part in self.classes)


@dataclass(frozen=True, slots=True)
class SitePacket:
    """All cells of a centre, what they were chosen by, and what was left out.

    ``remarks`` are the codes of the flags that the centre saw; ``suppressed`` the number of groups
    and axes of too few patients.
    """

    centre: str
    timing: str
    surrogate: str | None
    image: str
    group_by: tuple[str, ...]
    smallest_group: int
    suppressed: int
    remarks: tuple[str, ...]
    cells: tuple[PacketCell, ...]

    def document(self) -> dict[str, Any]:
        """The packet as plain data, as ``data_schema/site_packet.schema.json`` describes it.

        >>> packet = SitePacket("A", "before_correction", None, "first", (), 5, 0, (), ())
        >>> SitePacket.from_document(packet.document()) == packet
        True
        """
        body = asdict(self)
        return {
            "packet_version": PACKET_VERSION,
            **body,
            "group_by": list(self.group_by),
            "remarks": list(self.remarks),
            "cells": [{**cell, "classes": list(cell["classes"])} for cell in body["cells"]],
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "SitePacket":
        """A packet from plain data that the schema has let pass."""
        body = {name: value for name, value in document.items() if name != "packet_version"}
        cells = tuple(
            PacketCell(
                **{
                    **cell,
                    "totals": CellTotals(**cell["totals"]),
                    "classes": tuple(SizeClass(**part) for part in cell["classes"]),
                }
            )
            for cell in body["cells"]
        )
        return cls(
            **{
                **body,
                "group_by": tuple(body["group_by"]),
                "remarks": tuple(body["remarks"]),
                "cells": cells,
            }
        )
