"""Pseudonyms: keyed, stable, joinable; keys that are none are refused."""

from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.core.exceptions import RefusedInput
from popmargin.core.identifiers import look_alike
from popmargin.gather.pseudonyms import Key, pseudonym, pseudonymised, read_key

KEY = Key(b"k" * 32, secret=True)
DAY = datetime(2024, 3, 4, 8, 30)


def rows(ids, **columns):
    return pl.DataFrame({"patient_id": ids, **columns}).lazy()


@settings(deadline=None, max_examples=200)
@given(st.sets(st.text(max_size=12), min_size=1, max_size=30))
def test_different_ids_stay_different_and_only_writing_shows(ids):
    names = {name: pseudonym(KEY, name) for name in ids}
    assert len(set(names.values())) == len(ids)
    for name, hidden in names.items():
        assert hidden.isascii()
        assert hidden.isalpha()
        assert len(hidden) == 24
        for other, shown in names.items():
            same = look_alike(name) == look_alike(other)
            assert (look_alike(hidden) == look_alike(shown)) == same


def test_another_key_gives_other_names():
    other = Key(b"x" * 32, secret=True)
    assert pseudonym(KEY, "00123").lower() != pseudonym(other, "00123").lower()
    assert KEY.fingerprint != other.fingerprint
    assert "k" * 8 not in repr(KEY)


def test_rows_keep_what_analyses_need_and_lose_the_rest():
    frame = pseudonymised(
        rows(
            ["00123", "00123", "9"],
            course=["C1 Doe", "C1 Doe", "1"],
            plan=["2", None, "2"],
            acquired_at=[DAY, DAY + timedelta(days=3), DAY],
            lr_mm=[1.5, None, -0.0],
        ),
        KEY,
    ).collect()
    ids = frame["patient_id"].to_list()
    assert ids == [pseudonym(KEY, "00123")] * 2 + [pseudonym(KEY, "9")]
    assert frame["plan"].to_list() == ["2", None, "2"]
    first, second, third = frame["course"].to_list()
    assert first == second != "C1 Doe"
    assert third == "1"
    one, two, three = frame["acquired_at"].to_list()
    assert two - one == timedelta(days=3)
    assert (DAY - one).days % 7 == 0
    assert one.year < 2024
    assert one != three, "each patient moves by weeks of its own"
    assert str(frame["lr_mm"].to_list()) == "[1.5, None, -0.0]"


def test_a_label_of_one_patient_says_nothing_of_anothers():
    frame = pseudonymised(rows(["a", "b"], plan=["Boost", "Boost"]), KEY).collect()
    assert frame["plan"].n_unique() == 2


def key_file(folder, content=b"r" * 32, mode=0o600):
    path = folder / "key"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_a_key_is_read(tmp_path):
    assert read_key(key_file(tmp_path), tmp_path / "results") == Key(b"r" * 32, secret=True)
    assert not read_key(None, tmp_path).secret


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda folder: folder / "absent", "readable file"),
        (lambda folder: key_file(folder, b"short"), "at least 32 bytes"),
        (lambda folder: key_file(folder, mode=0o640), "mode 0600, found mode 0640"),
        (lambda folder: key_file(folder, mode=0o604), "mode 0600"),
    ],
)
def test_a_key_that_is_none_is_refused(tmp_path, change, words):
    with pytest.raises(RefusedInput, match=words) as refusal:
        read_key(change(tmp_path), tmp_path / "results")
    assert str(tmp_path) not in str(refusal.value)


@pytest.mark.parametrize("place", ["results", "repository"])
def test_a_key_must_not_be_passed_on(tmp_path, place):
    inside = tmp_path / place / "deep"
    inside.mkdir(parents=True)
    if place == "repository":
        (tmp_path / "repository" / ".git").mkdir()
    with pytest.raises(RefusedInput, match="kept apart"):
        read_key(key_file(inside), tmp_path / "results")
