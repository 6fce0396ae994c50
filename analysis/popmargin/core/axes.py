"""The patient axes and their column names, in one place.

Translations: ``lr`` (+ left), ``si`` (+ superior), ``ap`` (+ anterior), in mm.
Rotations: ``pitch``, ``roll``, ``yaw``, right-handed about the lr, si and ap axes, in degrees.
"""

from typing import Final

TRANSLATIONS: Final = ("lr", "si", "ap")
ROTATIONS: Final = ("pitch", "roll", "yaw")
AXES: Final = TRANSLATIONS + ROTATIONS

AXIS_LABELS: Final = {
    "lr": "left-right",
    "si": "superior-inferior",
    "ap": "anterior-posterior",
    "pitch": "pitch (about LR)",
    "roll": "roll (about SI)",
    "yaw": "yaw (about AP)",
}


def axis_unit(axis: str) -> str:
    """Unit suffix of an axis: ``mm`` for translations, ``deg`` for rotations.

    >>> axis_unit("si"), axis_unit("yaw")
    ('mm', 'deg')
    """
    return "deg" if axis in ROTATIONS else "mm"


def axis_column(axis: str) -> str:
    """Column that holds an axis in the shifts table.

    >>> axis_column("ap")
    'ap_mm'
    """
    return f"{axis}_{axis_unit(axis)}"
