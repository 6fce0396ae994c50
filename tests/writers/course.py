"""One known course of treatment, to be written in every vendor's format.

The geometry here is worked out apart from the library: from where each patient axis points in the
room, not from the library's table of signs.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

# Room axes (IEC 61217): X to the right of someone who faces the gantry, Y towards the gantry,
# Z up. Where the patient's left, superior and anterior point for each position:
LEFT_SUPERIOR_ANTERIOR = {
    "HFS": ("+X", "+Y", "+Z"),  # on the back, head to the gantry: the left side is at +X
    "HFP": ("-X", "+Y", "-Z"),  # turned over about the long axis
    "FFS": ("-X", "-Y", "+Z"),  # turned round about the vertical
    "FFP": ("+X", "-Y", "-Z"),  # turned round, then over
}


@dataclass(frozen=True)
class Match:
    """One image match: position errors in mm and degrees in patient axes."""

    patient_id: str
    fraction: int
    when: datetime
    lr_mm: float
    si_mm: float
    ap_mm: float
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    yaw_deg: float = 0.0

    @property
    def shift(self):
        """Left, superior and anterior error in mm."""
        return self.lr_mm, self.si_mm, self.ap_mm

    @property
    def turn(self):
        """Pitch, roll and yaw in degrees."""
        return self.pitch_deg, self.roll_deg, self.yaw_deg


def course(patients=("00123", "123"), fractions=4, seed=7):
    """Matches on consecutive days, values in steps of 0.1 mm and 0.1 degree."""
    rng = np.random.default_rng(seed)
    start = datetime(2024, 3, 4, 8, 30)
    found = []
    for number, patient in enumerate(patients):
        for fraction in range(1, fractions + 1):
            steps = rng.integers(-99, 100, 3).tolist()
            turns = rng.integers(-29, 30, 3).tolist()
            when = start + timedelta(days=fraction - 1, minutes=15 * number)
            numbers = [step / 10 for step in (*steps, *turns)]
            found.append(Match(patient, fraction, when, *numbers))
    return found


def room_axes(values, patient_position):
    """Components along room X, Y, Z of a vector given along left, superior, anterior."""
    room = {}
    for value, axis in zip(values, LEFT_SUPERIOR_ANTERIOR[patient_position], strict=True):
        room[axis[1]] = value if axis[0] == "+" else -value
    return room["X"], room["Y"], room["Z"]
