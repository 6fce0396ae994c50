"""Floor 2: the contours of one structure of an RT Structure Set, in patient axes.

Assumptions: closed planar contours in axial slices (others are refused where they are used); DICOM
patient coordinates, whose x is left, y posterior and z superior. Limit: one structure set at a
time: where several of a folder hold the structure nobody can tell which of them was planned on.
"""

from pathlib import Path
from typing import Final

import numpy as np

from popmargin.core.exceptions import RefusedInput
from popmargin.gather.contours import Contour
from popmargin.gather.dicom_object import items, open_object, sop_class_of, text_of
from popmargin.gather.readers.dicom_structures import STRUCTURE_SET, closed_contours
from popmargin.gather.walk import walk_source

_TAGS: Final = ("StructureSetROISequence", "ROIContourSequence")


def read_target_contours(path: Path, structure: str, label: str = "target") -> list[Contour]:
    """Closed contours of a structure in mm, shape (n, 3) each: lr, si and ap.

    Parameters
    ----------
    path : an RT Structure Set, or a folder in which one of them has the structure.
    structure : name in the file; case and blanks at the ends do not count.
    label : of the source, for messages.

    Raises
    ------
    RefusedInput
        When no structure set or more than one has closed contours of that name.
    DamagedFile
        For a structure set that cannot be read.
    """
    wanted = structure.strip().casefold()
    found: list[list[Contour]] = []
    for file in walk_source(path, label).files:
        if sop_class_of(file) != STRUCTURE_SET:
            continue
        data = open_object(file, _TAGS, sop_class=STRUCTURE_SET)
        numbers = {
            text_of(roi, "ROINumber")
            for roi in items(data, "StructureSetROISequence")
            if text_of(roi, "ROIName").strip().casefold() == wanted
        }
        contours = [
            contour
            for roi in items(data, "ROIContourSequence")
            if text_of(roi, "ReferencedROINumber") in numbers
            for contour in closed_contours(roi)
        ]
        if contours:
            found.append(contours)
    if len(found) != 1:
        expected = f"one structure set with closed contours of {structure!a}"
        remedy = "name the structure as the file does, and give the set that was planned on"
        raise RefusedInput(f"source {label}", expected, str(len(found)), remedy)
    # x is left, y is posterior, z is superior.
    return [np.column_stack([c[:, 0], c[:, 2], -c[:, 1]]) for c in found[0]]
