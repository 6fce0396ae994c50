"""One known course of treatment, to be written in every vendor's format.

The geometry of the writers is worked out apart from the readers, which may not even import them:
from where each patient axis points in the room, not from the library's table of signs.
"""

from datetime import datetime, timedelta

import numpy as np

from popmargin.cohorts.exports.course import LEFT_SUPERIOR_ANTERIOR, Match, room_axes

__all__ = ["LEFT_SUPERIOR_ANTERIOR", "Match", "course", "room_axes"]


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
