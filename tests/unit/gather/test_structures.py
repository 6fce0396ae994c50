"""Volumes from contours: shoelace, holes, several contours a slice, and their limits."""

from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.core.exceptions import RefusedInput
from popmargin.gather.contours import polygon_area, slice_area, structure_volume
from popmargin.gather.dispatch import read_source
from popmargin.gather.fields import BadCell
from popmargin.gather.options import ReaderOptions
from popmargin.tables.source import SourceDeclaration
from tests.writers import dicom_objects as dicom

WHEN = datetime(2024, 3, 4, 9)
SOURCE = SourceDeclaration("ct", table="anatomy")


def rectangle(x, y, width, height):
    return np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], float)


def box(x, y, width, height, levels):
    flat = rectangle(x, y, width, height)
    return [np.column_stack([flat, np.full(4, float(z))]) for z in levels]


def even_odd_by_counting(contours, step=0.05):
    """Slow twin: count the cells of a fine grid that lie inside an odd number of rectangles."""
    grid = np.arange(-1, 21, step) + step / 2
    x, y = np.meshgrid(grid, grid)
    inside = sum(
        (x > c[:, 0].min()) & (x < c[:, 0].max()) & (y > c[:, 1].min()) & (y < c[:, 1].max())
        for c in contours
    )
    return np.sum(np.asarray(inside) % 2) * step**2


def test_area_does_not_depend_on_place_or_direction():
    triangle = np.array([[0.0, 0], [4, 0], [0, 3]])
    assert polygon_area(triangle) == 6.0
    assert polygon_area(triangle[::-1]) == -6.0
    assert polygon_area(triangle + 1e7) == pytest.approx(6.0, abs=1e-6)


def test_keyhole_contour_holds_its_hole():
    outer, inner = rectangle(0, 0, 10, 10), rectangle(4, 4, 2, 2)
    keyhole = np.vstack([outer, outer[:1], inner[::-1], inner[-1:]])
    assert abs(polygon_area(keyhole)) == 96.0


def test_hole_and_island_in_the_hole():
    nested = [rectangle(0, 0, 20, 20), rectangle(5, 5, 10, 10), rectangle(8, 8, 2, 2)]
    assert slice_area(nested) == 400 - 100 + 4
    assert slice_area(nested) == pytest.approx(even_odd_by_counting(nested), abs=1e-6)


def test_separate_and_touching_contours_add_up():
    assert slice_area([rectangle(0, 0, 2, 2), rectangle(2, 0, 2, 2), rectangle(9, 9, 1, 1)]) == 9.0


@given(st.tuples(st.floats(0.5, 3), st.floats(0.5, 3)), st.sampled_from([1, -1]), st.floats(0, 1))
@settings(max_examples=40, deadline=None)
def test_ring_of_any_size(sizes, direction, place):
    (width, height), outer = sizes, rectangle(0, 0, 5, 5)
    hole = rectangle(0.5 + place * (4 - width), 0.7, width, height)[::direction]
    assert slice_area([hole, outer]) == pytest.approx(25 - width * height)


@pytest.mark.parametrize(
    "pair",
    [
        (rectangle(0, 0, 4, 4), rectangle(2, 2, 4, 4)),
        (rectangle(0, 4, 10, 2), rectangle(4, 0, 2, 10)),  # a cross: no vertex inside the other
    ],
)
def test_contours_that_cross_are_not_counted(pair):
    with pytest.raises(BadCell, match="contours_cross"):
        slice_area(pair)


def test_volume_of_a_cylinder():
    angles = np.linspace(0, 2 * np.pi, 721)[:-1]
    circle = np.column_stack([30 * np.cos(angles), 30 * np.sin(angles)])
    slices = [np.column_stack([circle, np.full(720, z)]) for z in np.arange(0, 60, 3.0)]
    assert structure_volume(slices).cc == pytest.approx(np.pi * 3**2 * 6, rel=2e-5)


def test_slices_in_any_order_and_missing_ones():
    assert structure_volume(box(0, 0, 10, 10, [6, 0, 3])).cc == 0.9
    gap = structure_volume(box(0, 0, 10, 10, [0, 3, 12]))
    assert (gap.cc, gap.has_gaps) == (0.9, True)


def test_one_slice_needs_a_thickness():
    with pytest.raises(BadCell, match="one_slice"):
        structure_volume(box(0, 0, 10, 10, [0]))
    assert structure_volume(box(0, 0, 10, 10, [0]), 2.0).cc == 0.2


@pytest.mark.parametrize(
    ("contours", "reason"),
    [
        ([], "no_contours"),
        ([np.zeros((1, 3)), np.zeros((2, 3))], "no_contours"),
        ([np.array([[0.0, 0, 0], [1, 0, 1], [1, 1, 0]])], "not_axial"),
        (box(0, 0, 1, 1, [0] * 101), "too_large"),
    ],
)
def test_contours_without_a_volume(contours, reason):
    with pytest.raises(BadCell, match=reason):
        structure_volume(contours, 3.0)


def read(folder, source=SOURCE, **options):
    options = {"structures": {"Parotid L": "parotid/left", "CTV": "ctv"}} | options
    return read_source(folder, source, ReaderOptions("dicom_structures", **options))


def write_sets(folder):
    plan = dicom.structure_set("p", WHEN, {" parotid l": box(0, 0, 20, 20, [0, 3, 6])})
    later = {"Parotid L": box(0, 0, 10, 20, [0, 3, 6]), "Doe's nodes": box(0, 0, 1, 1, [0, 1])}
    repeat = dicom.structure_set("p", WHEN + timedelta(days=7), later)
    dicom.save(plan, folder / "a.dcm")
    dicom.save(repeat, folder / "b.dcm")
    dicom.save(dicom.plan("p", structures=plan.SOPInstanceUID), folder / "plan.dcm")


def test_planning_and_repeat_images_into_the_anatomy_table(tmp_path):
    write_sets(tmp_path)
    table = read(tmp_path)
    columns = ["patient_id", "fraction", "structure", "side", "quantity", "value", "unit"]
    assert table.complete().select(columns).sort("fraction").rows() == [
        ("p", 0, "parotid", "left", "volume", 3.6, "cc"),
        ("p", 1, "parotid", "left", "volume", 1.8, "cc"),
    ]
    assert "structure_not_mapped" in table.ledger["reason"].to_list()
    assert "nodes" not in repr((table.flags, table.ledger.rows(), table.assumptions))


def test_structures_must_be_mapped(tmp_path):
    write_sets(tmp_path)
    with pytest.raises(RefusedInput, match="structures: "):
        read(tmp_path, structures={})


def test_two_structure_sets_of_one_day_contradict(tmp_path):
    write_sets(tmp_path)
    other = dicom.structure_set(
        "p", WHEN + timedelta(days=7), {"Parotid L": box(0, 0, 9, 9, [0, 3])}
    )
    dicom.save(other, tmp_path / "c.dcm")
    source = SourceDeclaration("ct", table="anatomy", max_set_aside_share=0.9)
    table = read(tmp_path, source)
    assert table.complete()["fraction"].to_list() == [0]
    assert table.ledger["reason"].to_list().count("conflicting_duplicate") == 2


@pytest.mark.parametrize("text", ["1\\2", "a\\b\\c", "1\\2\\1e9", "nan\\0\\0"])
def test_damaged_coordinates(tmp_path, text):
    write_sets(tmp_path)
    data = dicom.structure_set("q", WHEN, {"CTV": box(0, 0, 1, 1, [0, 1])})
    dicom.save(data, tmp_path / "bad.dcm")
    content = (tmp_path / "bad.dcm").read_bytes()
    coordinates = b"0.000\\0.000\\0.000"
    spoilt = text.encode()[: len(coordinates)].ljust(len(coordinates))
    (tmp_path / "bad.dcm").write_bytes(content.replace(coordinates, spoilt))
    source = SourceDeclaration("ct", table="anatomy", max_set_aside_share=0.9)
    assert "damaged_file" in read(tmp_path, source).ledger["reason"].to_list()
