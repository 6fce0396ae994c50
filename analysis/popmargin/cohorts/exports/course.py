"""Image matches of a course, and where the axes of a patient point in the room.

The geometry is worked out apart from the readers (they are strangers by the order of the floors):
from where each patient axis points, not from a table of signs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import polars as pl

# Room axes (IEC 61217): X to the right of someone who faces the gantry, Y towards the gantry,
# Z up. Where the patient's left, superior and anterior point for each position:
LEFT_SUPERIOR_ANTERIOR: Final = {
    "HFS": ("+X", "+Y", "+Z"),  # on the back, head to the gantry: the left side is at +X
    "HFP": ("-X", "+Y", "-Z"),  # turned over about the long axis
    "FFS": ("-X", "-Y", "+Z"),  # turned round about the vertical
    "FFP": ("+X", "-Y", "-Z"),  # turned round, then over
}
_FIRST_DAY: Final = datetime(2024, 3, 4, 8, 30)


@dataclass(frozen=True, slots=True)
class Match:
    """One image match: position errors in mm and degrees in patient axes.

    ``turned`` whether rotations were measured; where not, layouts that can leave them out do.
    """

    patient_id: str
    fraction: int
    when: datetime
    lr_mm: float
    si_mm: float
    ap_mm: float
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    yaw_deg: float = 0.0
    turned: bool = True

    @property
    def shift(self) -> tuple[float, float, float]:
        """Left, superior and anterior error in mm."""
        return self.lr_mm, self.si_mm, self.ap_mm

    @property
    def turn(self) -> tuple[float, float, float]:
        """Pitch, roll and yaw in degrees."""
        return self.pitch_deg, self.roll_deg, self.yaw_deg


def room_axes(values: Sequence[float], patient_position: str) -> tuple[float, float, float]:
    """Components along room X, Y, Z of a vector given along left, superior, anterior.

    >>> room_axes((1.0, 2.0, 3.0), "FFP")
    (1.0, -2.0, -3.0)
    """
    room = {}
    for value, axis in zip(values, LEFT_SUPERIOR_ANTERIOR[patient_position], strict=True):
        room[axis[1]] = value if axis[0] == "+" else -value
    return room["X"], room["Y"], room["Z"]


def matches_by_patient(cohort: pl.DataFrame) -> dict[str, list[Match]]:
    """Matches of a synthetic cohort, a fraction a day, by patient in the order of the ids.

    Parameters
    ----------
    cohort : shifts table with patient_id, fraction, lr_mm, si_mm, ap_mm.

    Examples
    --------
    >>> row = {"patient_id": "p", "fraction": 3, "lr_mm": 1.0, "si_mm": 0.0, "ap_mm": -2.0}
    >>> matches_by_patient(pl.DataFrame([row]))["p"][0].when.isoformat()
    '2024-03-06T08:30:00'
    """
    found: dict[str, list[Match]] = {}
    columns = ("patient_id", "fraction", "lr_mm", "si_mm", "ap_mm")
    for patient, fraction, lr, si, ap in cohort.select(columns).sort(columns[:2]).iter_rows():
        when = _FIRST_DAY + timedelta(days=fraction - 1)
        found.setdefault(patient, []).append(
            Match(patient, fraction, when, lr, si, ap, turned=False)
        )
    return found
