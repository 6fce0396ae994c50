"""Floor 2: rigid registrations: six degrees of freedom at the planned isocentre.

A registration maps points of the image of the day into the planning CT. Its translation column is
not the shift: with a rotation of 3 degrees and an isocentre 229 mm from the origin the two differ
by 12 mm. What counts is where the planned isocentre is found in the image.

Assumptions: both frames are DICOM patient frames (LPS, mm; the same in every patient position).
Rotations are applied yaw, then roll, then pitch, about the fixed patient axes. Limit: at a roll
of 90 degrees yaw and pitch cannot be told apart; no treated patient is near that.
"""

import warnings
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from popmargin.core.exceptions import OutOfRange

Matrix = NDArray[np.float64]

# (lr, si, ap) = BASIS @ (x, y, z): DICOM patient axes are + left, + posterior, + superior
# (PS3.3 C.7.6.2.1.1); a proper rotation, so turning directions carry over.
BASIS: Final = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
_ORTHONORMAL: Final = 1e-3
# A nanometre: far below any measurement, above the last bits that linear algebra may differ in.
_DECIMALS: Final = 6


def rigid_matrix(values: Sequence[float]) -> Matrix:
    """The 4 x 4 matrix of 16 numbers in row-major order (mm).

    Raises `OutOfRange` unless it is rigid: orthonormal within 1e-3, no mirror image, last row
    0 0 0 1. A matrix that only calls itself RIGID is refused as well.

    >>> rigid_matrix([1, 0, 0, 5, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1])[0].tolist()
    [1.0, 0.0, 0.0, 5.0]
    """
    matrix = np.asarray(values, dtype=np.float64)
    if matrix.size != 16 or not np.all(np.isfinite(matrix)):
        raise OutOfRange("matrix", "16 finite numbers", len(values))
    matrix = matrix.reshape(4, 4)
    turn = matrix[:3, :3]
    rigid = (
        np.allclose(matrix[3], [0, 0, 0, 1], atol=1e-6)
        and np.all(np.abs(turn) < 2)
        and np.allclose(turn @ turn.T, np.eye(3), atol=_ORTHONORMAL)
        and np.linalg.det(turn) > 0
    )
    if not rigid:
        raise OutOfRange("matrix", "a rotation and a translation", "something else")
    return matrix


def chained(matrices: Sequence[Matrix]) -> Matrix:
    """Product of the matrices of one registration in item order (PS3.3 C.20.2.1.1).

    The last item is applied to a point first. An empty sequence is the identity.
    """
    product = np.eye(4)
    for matrix in matrices:
        product = product @ matrix
    return product


def displacement(
    image_to_planning: Matrix,
    planned_isocentre_mm: Sequence[float],
    machine_isocentre_mm: Sequence[float],
) -> dict[str, float]:
    """Position error of the patient at the isocentre, in mm and degrees.

    Parameters
    ----------
    image_to_planning : rigid matrix M from the frame of the image to that of the planning CT.
    planned_isocentre_mm : p, in the frame of the planning CT (x, y, z; LPS).
    machine_isocentre_mm : s, in the frame of the image (x, y, z; LPS).

    Returns
    -------
    Canonical columns of ``M^-1 p - s`` and of the rotation of ``M^-1``; the correction is the
    negative of the shift.

    Examples
    --------
    The planned isocentre is found 4 mm to the left of the machine isocentre:

    >>> moved = rigid_matrix([1, 0, 0, -4, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1])
    >>> displacement(moved, [0, 0, 0], [0, 0, 0])["lr_mm"]
    4.0
    """
    from scipy.spatial.transform import Rotation

    inverse = np.linalg.inv(image_to_planning)
    found = inverse @ np.append(np.asarray(planned_isocentre_mm, dtype=np.float64), 1.0)
    shift = BASIS @ (found[:3] - np.asarray(machine_isocentre_mm, dtype=np.float64))
    turn = Rotation.from_matrix(BASIS @ inverse[:3, :3] @ BASIS.T)
    with warnings.catch_warnings():
        # At a roll of exactly 90 degrees scipy warns and sets pitch to 0: see the limits above.
        warnings.simplefilter("ignore")
        # Lower-case axes are fixed ones: about ap (z) first, then si (y), then lr (x).
        yaw, roll, pitch = turn.as_euler("zyx", degrees=True)
    values = (*shift, pitch, roll, yaw)
    columns = ("lr_mm", "si_mm", "ap_mm", "pitch_deg", "roll_deg", "yaw_deg")
    return {
        name: round(float(value), _DECIMALS) + 0.0
        for name, value in zip(columns, values, strict=True)
    }
