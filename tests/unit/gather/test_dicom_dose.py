"""Histograms from dose and structures: cylinder and sphere in a gradient, and what is refused."""

from datetime import datetime

import numpy as np
import pytest

from popmargin.core.exceptions import RefusedInput
from popmargin.gather.dispatch import read_source
from popmargin.gather.dose_histogram import DoseGrid, dose_histogram, points_inside
from popmargin.gather.fields import BadCell
from popmargin.gather.options import ReaderOptions
from popmargin.outcomes.dose_volume import differential_from_cumulative, generalised_eud_gy
from popmargin.tables.source import SourceDeclaration
from tests.writers import dicom_objects as dicom
from tests.writers.dose_objects import dose

WHEN = datetime(2024, 3, 4, 9)
CENTRE = np.array([10.0, -20.0, 40.0])
MEAN_GY, SLOPE = 40.0, 0.5  # Gy, Gy/mm
RADIUS = 30.0
AXES = tuple(np.arange(c - 60.0, c + 61.0, 5.0) for c in CENTRE)


def gradient(axis):
    """Dose that rises linearly along one axis through the centre."""
    return lambda *place: MEAN_GY + SLOPE * (place[axis] - CENTRE[axis])


def grid_of(axis):
    x, y, z = AXES
    dose_gy = gradient(axis)(x[None, None, :], y[None, :, None], z[:, None, None])
    return DoseGrid(np.broadcast_to(dose_gy, (25, 25, 25)), 1.0, x, y, z)


def circles(radius_at, heights):
    turn = np.linspace(0, 2 * np.pi, 241)[:-1]
    return [
        np.column_stack([
            CENTRE[0] + radius_at(h) * np.cos(turn), CENTRE[1] + radius_at(h) * np.sin(turn),
            np.full(240, CENTRE[2] + h),
        ])
        for h in heights
    ]  # fmt: skip


def cylinder():
    return circles(lambda _: RADIUS, np.arange(-28.5, 30, 3.0))


def sphere():
    return circles(lambda h: np.sqrt(RADIUS**2 - h**2), np.arange(-29.0, 30, 2.0))


def share_above(shape, axis, t):
    """Share of the volume further than t radii along the axis: cap of a sphere, or of a circle."""
    t = np.clip(t, -1, 1)
    if shape is sphere:
        return (2 - 3 * t + t**3) / 4
    if axis == 2:
        return (1 - t) / 2  # height and diameter of the cylinder are equal
    return (np.arccos(t) - t * np.sqrt(1 - t**2)) / np.pi


@pytest.mark.parametrize("shape", [cylinder, sphere])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_phantom_in_a_linear_gradient(shape, axis):
    dose_gy, share = dose_histogram(shape(), grid_of(axis))
    exact = share_above(shape, axis, (dose_gy - MEAN_GY) / (SLOPE * RADIUS))
    # The stack of discs differs from the sphere by the thickness of its slices.
    assert np.abs(share - exact).max() < (0.002 if shape is cylinder else 0.004)
    differential = differential_from_cumulative(dose_gy, share)
    assert differential[0] @ differential[1] == pytest.approx(MEAN_GY, abs=0.02)
    fine = np.linspace(-1, 1, 200_001)
    mass = -np.diff(share_above(shape, axis, fine))
    middle = MEAN_GY + SLOPE * RADIUS * (fine[1:] + fine[:-1]) / 2
    exact_eud = float((mass @ middle**8) ** (1 / 8))
    assert generalised_eud_gy(*differential, exponent=8) == pytest.approx(exact_eud, abs=0.06)


def test_hole_has_no_dose():
    ring = [np.array([[-10.0, -10], [10, -10], [10, 10], [-10, 10]])]
    ring.append(ring[0] / 2)
    x, y = points_inside(ring, 0.5)
    assert x.size * 0.25 == 300.0
    assert not np.any((np.abs(x) < 5) & (np.abs(y) < 5))


def test_structure_outside_the_grid_has_no_histogram():
    far = [contour + np.array([45.0, 0, 0]) for contour in cylinder()]
    with pytest.raises(BadCell, match="outside_dose"):
        dose_histogram(far, grid_of(0))


def write_patient(folder, patient="p", **values):
    structures = dicom.structure_set(patient, WHEN, {"Rectum": cylinder(), "secret": sphere()})
    plan = dicom.plan(patient, structures=structures.SOPInstanceUID)
    shape, orientation = (25, 25, 25), values.pop("orientation", (1, 0, 0, 0, 1, 0))
    corner = CENTRE + np.array([-60.0 * orientation[0], -60.0 * orientation[0], -60.0])
    found = dose(patient, gradient(0), corner=corner.tolist(), spacing=(5, 5, 5), shape=shape,
                 plan=plan.SOPInstanceUID, orientation=orientation, **values)  # fmt: skip
    for name, data in (("s", structures), ("p", plan), ("d", found)):
        dicom.save(data, folder / f"{patient}_{name}.dcm")
    return folder / f"{patient}_d.dcm"


def read(folder, reader="dicom_dose", **options):
    source = SourceDeclaration("plans", table="dvh")
    return read_source(folder, source, ReaderOptions(reader, structures={"rectum": "rectum"}))


@pytest.mark.parametrize("orientation", [(1, 0, 0, 0, 1, 0), (-1, 0, 0, 0, -1, 0)])
def test_files_of_a_plan_into_the_table(tmp_path, orientation):
    write_patient(tmp_path, orientation=orientation)
    table = read(tmp_path)
    rows = table.complete().sort("dose_gy")
    assert set(rows["structure"]) == {"rectum"}
    exact = share_above(cylinder, 0, (rows["dose_gy"].to_numpy() - MEAN_GY) / (SLOPE * RADIUS))
    assert np.abs(rows["volume_fraction"].to_numpy() - exact).max() < 0.002
    assert "structure_not_mapped" in table.ledger["reason"].to_list()
    assert "secret" not in repr((table.flags, table.ledger.rows(), table.assumptions))


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"DoseSummationType": "BEAM"}, "the dose is not that of a whole plan"),
        ({"DoseUnits": "RELATIVE"}, "the dose is not that of a whole plan"),
        ({"DoseType": "EFFECTIVE"}, "the dose is not that of a whole plan"),
        ({"PixelData": b"\x00" * 8}, "cannot be read"),
        ({"ImageOrientationPatient": [0, 1, 0, 1, 0, 0]}, "cannot be read"),
        ({"DoseGridScaling": 0}, "cannot be read"),
        ({"DoseGridScaling": 1e3}, "cannot be read"),
        ({"GridFrameOffsetVector": [0.0, 5.0]}, "cannot be read"),
        ({"NumberOfFrames": 10**9}, "cannot be read"),
    ],
)
def test_other_doses_are_refused(tmp_path, values, reason):
    write_patient(tmp_path, **values)
    with pytest.raises(RefusedInput) as error:
        read(tmp_path)
    assert reason in str(error.value)


def test_several_doses_of_a_patient_are_not_guessed_between(tmp_path):
    file = write_patient(tmp_path)
    (tmp_path / "copy.dcm").write_bytes(file.read_bytes())
    assert "duplicate_row" in read(tmp_path).ledger["reason"].to_list()
    boost = dose("p", gradient(1), corner=[0, 0, 0], spacing=(5, 5, 5), shape=(3, 3, 3))
    dicom.save(boost, tmp_path / "boost.dcm")
    with pytest.raises(RefusedInput, match="several dose grids"):
        read(tmp_path)


def test_without_the_plan_the_only_structure_set_of_the_frame(tmp_path):
    write_patient(tmp_path)
    (tmp_path / "p_p.dcm").unlink()
    with pytest.raises(RefusedInput, match="no structure set"):
        read(tmp_path)  # this structure set names no frame
    structures = dicom.structure_set("p", WHEN, {"Rectum": cylinder()})
    structures.FrameOfReferenceUID = dicom.PLANNING_FRAME
    dicom.save(structures, tmp_path / "p_s.dcm")
    assert read(tmp_path, "auto").complete().height > 100
