"""Whatever stands in a file: rows, or one of the declared errors; never anything else, soon.

Starting points are valid files; bytes and lines of them are changed, cut, repeated or swapped.
"""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from popmargin.gather.dicom_object import items, open_object
from popmargin.gather.source_file import DamagedFile, SourceFile
from tests.fuzz.targets import AXES, DICOM, MATCHES, TEXTS, dicom_starts, read, targets
from tests.writers import dicom_objects as dicom

SEED_TEXT = st.one_of(
    st.text(max_size=40).map(lambda text: text.encode(errors="surrogatepass")),
    st.binary(max_size=40),
    st.sampled_from(
        [b"\t", b"\n", b'"', b"\x00", b"=", b"[ALIGNMENT]", b"-", b"999", b"nan", b",,"]
    ),
)
EDITS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 60), SEED_TEXT), min_size=1, max_size=4)


def edited(content, edits):
    """Replace a few stretches of ``content``."""
    for place, length, piece in edits:
        start = int(place * len(content))
        content = content[:start] + piece + content[start + length :]
    return content


@pytest.mark.parametrize("reader", TEXTS)
def test_starting_points_are_read(tmp_path, reader):
    (tmp_path / "p1.txt").write_bytes(TEXTS[reader])
    assert read(tmp_path, reader).height >= 1


@pytest.mark.parametrize("reader", TEXTS)
@given(edits=EDITS)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_changed_texts(tmp_path, reader, edits):
    (tmp_path / "p1.txt").write_bytes(edited(TEXTS[reader], edits))
    read(tmp_path, reader)


@pytest.mark.parametrize("reader", TEXTS)
def test_texts_cut_anywhere(tmp_path, reader):
    content = TEXTS[reader]
    for end in range(0, len(content), max(1, len(content) // 40)):
        (tmp_path / "p1.txt").write_bytes(content[:end])
        read(tmp_path, reader)


def test_rows_cut_anywhere_never_give_another_number(tmp_path):
    # A cut cell must not be read as a smaller number of the same fraction.
    content = TEXTS["offline_review"]
    whole = read_rows(tmp_path, content)
    for end in range(len(content) - 399, len(content), 3):
        for row in read_rows(tmp_path, content[:end]):
            assert row in whole


def read_rows(folder, content):
    (folder / "p1.txt").write_bytes(content)
    frame = read(folder, "offline_review")
    return [] if frame is None else frame.select("fraction", *AXES).rows()


@pytest.fixture(scope="module")
def starts(tmp_path_factory):
    return dicom_starts(tmp_path_factory.mktemp("starts"))


def read_dicom(folder, kind, content, starts):
    (folder / "p1.dcm").write_bytes(content)
    (folder / "plan.dcm").write_bytes(starts["plan"])
    if kind == "dicom_dose":
        (folder / "structures.dcm").write_bytes(starts["dicom_structures"])
    return read(folder, kind)


@pytest.mark.parametrize("kind", DICOM)
def test_dicom_starting_points_are_read(tmp_path, starts, kind):
    assert read_dicom(tmp_path, kind, starts[kind], starts).height >= 1


@pytest.mark.parametrize("kind", DICOM)
@given(data=st.data())
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_changed_dicom_objects(tmp_path, starts, kind, data):
    content = bytearray(starts[kind])
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(128, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    end = data.draw(st.one_of(st.just(len(content)), st.integers(132, len(content))))
    read_dicom(tmp_path, kind, bytes(content[:end]), starts)


@given(data=st.data())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_changed_plans_never_break_what_needs_them(tmp_path, starts, data):
    content = bytearray(starts["plan"])
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(132, len(content) - 1))] = data.draw(st.integers(0, 255))
    for kind in ("dicom_registration", "dicom_record"):
        read_dicom(tmp_path, kind, starts[kind], starts | {"plan": bytes(content)})


def test_an_element_that_claims_gigabytes(tmp_path, starts):
    content = bytearray(starts["xvi"])
    place = content.index(b"\x21\x00\x3a\x10UN") + 8
    content[place : place + 4] = (0xFFFFFFF0).to_bytes(4, "little")
    assert read_dicom(tmp_path, "xvi", bytes(content), starts) is None


@pytest.mark.parametrize("kind", DICOM)
def test_cut_dicom_objects_give_no_other_number(tmp_path, starts, kind):
    # pydicom alone takes what is left of a value: "-12.5" cut to "-1" would be another shift.
    content = starts[kind]
    whole = read_dicom(tmp_path, kind, content, starts).drop("source_row")
    for end in range(132, len(content), 7):
        found = read_dicom(tmp_path, kind, content[:end], starts)
        if found is not None:
            assert found.drop("source_row").equals(whole)


@pytest.mark.parametrize("undefined", [False, True])
def test_a_couch_position_cut_at_the_end_of_the_file(tmp_path, starts, undefined):
    # pydicom alone takes what is left of a value: "-123.5" cut to "-12" would be another shift.
    data = dicom.record(MATCHES[0], "HFS", "1.5", (0, 0, 0))
    beam = data.TreatmentSessionBeamSequence[0]
    beam.ControlPointDeliverySequence = [dicom.control_point((-123.5, 0, 0))]
    del data.ReferencedRTPlanSequence, data.PatientSetupSequence
    for holder, keyword in (
        (data, "TreatmentSessionBeamSequence"),
        (beam, "ControlPointDeliverySequence"),
    ):
        holder[keyword].is_undefined_length = undefined
        holder[keyword].value[0].is_undefined_length_sequence_item = undefined
    file = SourceFile(dicom.save(data, tmp_path / "p1.dcm"), 1, "p1.dcm")
    content = file.path.read_bytes()
    end = content.index(b"-123.5") + len(b"-123.5")
    tags, kind = ["TreatmentSessionBeamSequence"], dicom.RECORD
    assert items(open_object(file, tags, sop_class=kind), tags[0])
    for cut in (1, 2, 3, 4):
        file.path.write_bytes(content[: end - cut])
        with pytest.raises(DamagedFile):
            open_object(file, tags, sop_class=kind)


def test_a_character_set_that_nobody_knows_in_private_data(tmp_path, starts):
    # Found by python -m tests.fuzz: pydicom warned where nobody listened.
    content = starts["xvi"].replace(b"Elekta: zip file", b"2.826.0.1.\x1b6file")
    assert content != starts["xvi"]
    assert read_dicom(tmp_path, "xvi", content, starts) is None


def test_sequences_without_end(tmp_path, starts):
    # 20,000 sequences of undefined length, each the only item of the one before.
    head = starts["dicom_registration"]
    head = head[: head.index(b"\x70\x00\x08\x03SQ")]
    nested = b"\x70\x00\x08\x03SQ\x00\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" * 20_000
    assert read_dicom(tmp_path, "dicom_registration", head + nested, starts) is None


def test_deflated_objects_are_refused_before_they_unpack(tmp_path):
    from pydicom.uid import DeflatedExplicitVRLittleEndian

    data = dicom.registration(MATCHES[0])
    data.add_new(0x00211001, "UN", b"\x00" * 30_000_000)
    dicom.save(data, tmp_path / "p1.dcm")
    data.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    data.save_as(tmp_path / "p1.dcm", enforce_file_format=True)
    assert (tmp_path / "p1.dcm").stat().st_size < 100_000
    assert read(tmp_path, "dicom_registration") is None


def test_every_target_of_the_long_run_takes_its_start_and_changes_of_it(tmp_path):
    # python -m tests.fuzz runs them for longer; a target that cannot fail would be no target.
    (tmp_path / "starts").mkdir()
    for name, target in targets(tmp_path / "starts").items():
        path = tmp_path / target.name
        for content in (target.start, target.start[: len(target.start) // 2], b"\xff" * 200):
            path.write_bytes(content)
            target.run(path)
        path.unlink()
        assert name
