"""What imaging takes of the machine's day: minutes, slots, patients and capacity.

Assumptions: an image adds its minutes to the fractions that are imaged and to no other; slots
follow each other without gaps; downtime takes the same share of every day. Limits: staff breaks,
no-shows and patients who need two slots are not in it.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import non_negative, positive
from popmargin.core.exceptions import OutOfRange

Floats = NDArray[np.float64]


def added_minutes_per_fraction(
    added_minutes: ArrayLike, images: ArrayLike, fractions: ArrayLike
) -> Floats:
    """Minutes that imaging adds to a fraction, on average over the course.

    Parameters
    ----------
    added_minutes : minutes an image adds, >= 0; images : per course, >= 0; fractions : > 0.

    Returns
    -------
    Shape of the broadcast arguments, minutes.

    Raises
    ------
    OutOfRange
        When a value is negative, not finite or no fraction is given.

    Examples
    --------
    >>> round(float(added_minutes_per_fraction(4, 9, 36)), 3)
    1.0
    """
    minutes = non_negative("added_minutes", added_minutes)
    return np.asarray(
        minutes * non_negative("images", images) / positive("fractions", fractions),
        dtype=np.float64,
    )


def patients_per_day(
    open_minutes: ArrayLike, slot_minutes: ArrayLike, *, downtime_share: ArrayLike = 0.0
) -> Floats:
    """Patients that a machine treats in a day: open minutes x (1 - downtime) / slot.

    Parameters
    ----------
    open_minutes : of a day, > 0; slot_minutes : of a patient, > 0; downtime_share : [0, 1).

    Returns
    -------
    Shape of the broadcast arguments; not rounded, as a mean over days.

    Raises
    ------
    OutOfRange
        When a value is out of range.

    Examples
    --------
    >>> float(patients_per_day(480, 15))
    32.0
    """
    down = non_negative("downtime_share", downtime_share)
    if np.any(down >= 1):
        raise OutOfRange("downtime_share", "a number in [0, 1)", downtime_share)
    open_time = positive("open_minutes", open_minutes)
    return np.asarray(open_time * (1 - down) / positive("slot_minutes", slot_minutes))


def capacity_change(slot_minutes: ArrayLike, added_minutes: ArrayLike) -> Floats:
    """Share of the patients of a day that is lost (negative) when every slot grows.

    Parameters
    ----------
    slot_minutes : now, > 0; added_minutes : to every slot, >= 0.

    Raises
    ------
    OutOfRange
        When a value is out of range.

    Notes
    -----
    Source: 480 / 15 = 32 against 480 / 18 = 26.7 fractions a day (table of costs).

    Examples
    --------
    >>> round(100 * float(capacity_change(15, 3)), 1)
    -16.7
    """
    slot = positive("slot_minutes", slot_minutes)
    return np.asarray(slot / (slot + non_negative("added_minutes", added_minutes)) - 1.0)


def slot_needed(
    slot_minutes: ArrayLike, treatment_minutes: ArrayLike, added_minutes: ArrayLike
) -> Floats:
    """Slot that holds the mean treatment with its imaging; never shorter than the slot now.

    Parameters
    ----------
    slot_minutes : now, > 0; treatment_minutes : room time without imaging, >= 0; added_minutes :
        of imaging per fraction, >= 0.

    Raises
    ------
    OutOfRange
        When a value is out of range.

    Examples
    --------
    A slot of 15 min holds 12 min of treatment and 3 of imaging; 5 of imaging need 17.

    >>> slot_needed(15, 12, [3, 5]).tolist()
    [15.0, 17.0]
    """
    needed = non_negative("treatment_minutes", treatment_minutes) + non_negative(
        "added_minutes", added_minutes
    )
    return np.asarray(np.maximum(positive("slot_minutes", slot_minutes), needed))
