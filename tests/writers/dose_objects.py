"""Writers of RT Dose objects whose dose is a given function of the place."""

import numpy as np
from pydicom.dataset import Dataset

from popmargin.cohorts.exports.dicom_objects import PLANNING_FRAME, dataset
from popmargin.gather.readers.dicom_dose import RT_DOSE

SCALING = 1e-6


def dose(
    patient_id,
    dose_gy,
    *,
    corner,
    spacing,
    shape,
    plan="",
    orientation=(1, 0, 0, 0, 1, 0),
    **values,
):
    """RT Dose; ``dose_gy(x, y, z)`` in Gy at mm (LPS).

    ``corner`` first voxel centre, ``spacing`` (x, y, z) and ``shape`` (x, y, z) of the grid.
    """
    sign = orientation[0]
    x = corner[0] + sign * spacing[0] * np.arange(shape[0])
    y = corner[1] + sign * spacing[1] * np.arange(shape[1])
    offsets = spacing[2] * np.arange(shape[2])
    z = corner[2] + offsets
    grid = dose_gy(x[None, None, :], y[None, :, None], z[:, None, None])
    grid = np.broadcast_to(grid, (shape[2], shape[1], shape[0]))
    data = dataset(
        RT_DOSE, patient_id, "dose", plan, FrameOfReferenceUID=PLANNING_FRAME, DoseUnits="GY",
        DoseType="PHYSICAL", DoseSummationType="PLAN", Rows=shape[1], Columns=shape[0],
        NumberOfFrames=shape[2], PixelSpacing=[spacing[1], spacing[0]],
        ImagePositionPatient=list(corner), ImageOrientationPatient=list(orientation),
        GridFrameOffsetVector=offsets.tolist(), DoseGridScaling=SCALING, BitsAllocated=32,
        BitsStored=32, HighBit=31, PixelRepresentation=0, SamplesPerPixel=1,
        PhotometricInterpretation="MONOCHROME2",
    )  # fmt: skip
    data.add_new("PixelData", "OW", np.rint(grid / SCALING).astype("<u4").tobytes())
    if plan:
        reference = Dataset()
        reference.ReferencedSOPInstanceUID = plan
        data.ReferencedRTPlanSequence = [reference]
    for name, value in values.items():
        setattr(data, name, value)
    return data
