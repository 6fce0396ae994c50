"""Floor 2: the text of Elekta XVI's ``.INI.XVI`` files: sections, keys and matrices.

Keys differ in case from version to version; a ``-`` means that nothing was measured. The matrices
hold 16 numbers in cm with the translation in the last row.
"""

import re
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from popmargin.core.exceptions import OutOfRange
from popmargin.gather.rigid import Matrix, rigid_matrix

_SECTION: Final = re.compile(r"\[ *alignment *(?:\. *(\d{8}) *; *([\d:]{5,8}) *)?\]", re.IGNORECASE)

# A matrix has some 300 characters; nothing that is read is longer.
_MAX_VALUE: Final = 2000


@dataclass(slots=True)
class Alignment:
    """One ``[ALIGNMENT]`` section: the line it starts on, and its keys in lower case."""

    line: int
    keys: dict[str, str] = field(default_factory=dict)


def parse_ini(text: str) -> tuple[dict[str, str], list[Alignment]]:
    r"""Keys outside any alignment, and the alignments; the case of keys does not count.

    >>> parse_ini("[IDENTIFICATION]\nPatientID=007\n[ALIGNMENT]\nAlign.Clip1=1,2,3,0,0,0")[0]
    {'patientid': '007'}
    """
    general: dict[str, str] = {}
    alignments: list[Alignment] = []
    inside = False
    for line, raw in enumerate(text.split("\n"), start=1):
        row = raw.strip()
        if row.startswith("["):
            section = _SECTION.match(row)
            inside = section is not None
            if section is not None:
                alignments.append(Alignment(line))
                if section[1]:
                    alignments[-1].keys["datetime"] = f"{section[1]}; {section[2]}"
            continue
        key, mark, value = row.partition("=")
        if mark:
            keys = alignments[-1].keys if inside else general
            keys.setdefault(key.strip().lower(), value.strip()[:_MAX_VALUE])
    return general, alignments


def transform_matrix(text: str) -> Matrix:
    """A transform of the file as a 4 x 4 matrix in mm with the translation at the right.

    ``OnlineToRefTransformCorrection`` has 16 numbers, cm, the translation in the last row.
    Raises `OutOfRange` when they are not a rigid transformation.

    >>> transform_matrix("1 0 0 0 0 1 0 0 0 0 1 0 10.8 4.92 5.21 1")[:3, 3].round(3).tolist()
    [108.0, 49.2, 52.1]
    """
    try:
        values = np.array([float(part) for part in text.split()])
    except ValueError:
        raise OutOfRange("OnlineToRefTransform", "16 numbers", ascii(text[:40])) from None
    if values.size != 16 or not np.all(np.isfinite(values)):
        raise OutOfRange("OnlineToRefTransform", "16 finite numbers", values.size)
    matrix = values.reshape(4, 4).T.copy()
    matrix[:3, 3] *= 10.0  # cm to mm
    return rigid_matrix(matrix.ravel().tolist())


def turn_between_deg(one: Matrix, other: Matrix) -> float:
    """Angle of the rotation from one matrix to another, in degrees from 0 to 180.

    >>> turn_between_deg(np.eye(4), np.diag([-1.0, -1.0, 1.0, 1.0]))
    180.0
    """
    cosine = (np.trace(other[:3, :3] @ one[:3, :3].T) - 1.0) / 2.0
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
