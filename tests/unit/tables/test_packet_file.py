"""A packet is read whole and checked, or refused: no damaged sum becomes a margin."""

import contextlib
import copy
import hashlib
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from popmargin.core.exceptions import RefusedInput
from popmargin.tables.packet_file import read_packet, write_packet
from tests.unit.errors.cohort_of_centres import packet, shifts


@pytest.fixture(scope="module")
def document():
    return packet(shifts("A", 20, sizes=(3, 4, 9)), "A", ["site"]).document()


@pytest.fixture(scope="module")
def written(document, tmp_path_factory):
    path = tmp_path_factory.mktemp("packets") / "a.json"
    write_packet(document, path)
    return path


def signed(document):
    """A document with a true checksum, as a hostile sender makes it."""
    body = {key: value for key, value in document.items() if key != "sha256"}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return json.dumps({**body, "sha256": hashlib.sha256(text.encode()).hexdigest()})


def test_reads_back_what_was_written_in_the_same_bytes(document, written, tmp_path):
    assert read_packet(written) == document
    write_packet(document, tmp_path / "b.json")
    assert (tmp_path / "b.json").read_bytes() == written.read_bytes()


@given(st.data())
@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_every_flipped_bit_and_every_truncation_is_refused(written, tmp_path, data):
    content = bytearray(written.read_bytes())
    place = data.draw(st.integers(0, len(content) - 3))
    if data.draw(st.booleans()):
        content[place] ^= 1 << data.draw(st.integers(0, 7))
    else:
        content = content[:place]
    damaged = tmp_path / "damaged.json"
    damaged.write_bytes(content)
    with contextlib.suppress(RefusedInput):
        assert read_packet(damaged) == read_packet(written)  # white space alone may differ


CLASS = ("cells", 0, "classes", 0)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("packet_version",), "2"),
        (("centre",), ""),
        (("smallest_group",), 1),
        (("extra",), 1),
        (("cells",), []),
        (("cells", 0, "n_patients"), 4),
        (("cells", 0, "n_patients"), 1000),
        (("cells", 0, "columns"), {}),
        (("cells", 0, "totals", "squared_sizes"), 1),
        (("cells", 0, "totals", "inverse_sizes"), 1e-9),
        (("cells", 0, "totals", "sized_means"), 1e9),
        (("cells", 0, "totals", "sized_squared_means"), 0.0),
        ((*CLASS, "n_patients"), 1),
        ((*CLASS, "n_fractions"), 1),
        ((*CLASS, "smallest_size"), 100),
        ((*CLASS, "largest_size"), 4),
        ((*CLASS, "sum_of_means"), 1e6),
        ((*CLASS, "sum_of_squared_means"), -1.0),
        ((*CLASS, "sum_of_squares"), 1e9),
        ((*CLASS, "sum_of_squared_squares"), 1e300),
    ],
)
def test_sums_that_no_patients_have_are_refused(document, tmp_path, path, value):
    changed = copy.deepcopy(document)
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    target = tmp_path / "hostile.json"
    target.write_text(signed(changed))
    with pytest.raises(RefusedInput):
        read_packet(target)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "{", '{"a": 1, "a": 2}', '{"a": NaN}', "[" * 100_000, '{"a": 1e999}'],
)
def test_what_is_no_packet_is_refused(tmp_path, text):
    target = tmp_path / "p.json"
    target.write_text(text)
    with pytest.raises(RefusedInput):
        read_packet(target)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(RefusedInput, match="check the path"):
        read_packet(tmp_path / "none.json")


def test_a_hostile_document_is_not_written(document, tmp_path):
    with pytest.raises(RefusedInput, match="smallest_group"):
        write_packet({**document, "smallest_group": 1}, tmp_path / "p.json")
    assert list(tmp_path.iterdir()) == []
