"""Sums taken while a table is judged: the same as those of the usable rows afterwards."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from popmargin.errors.units import SumsBeside, summarise_units
from popmargin.tables import scan
from popmargin.tables.read import read_table
from popmargin.tables.source import SourceDeclaration

LENIENT = SourceDeclaration("x", max_set_aside_share=0.5)


def _log(path, *, spoil=(), columns=None):
    rng = np.random.default_rng(5)
    frame = pl.DataFrame(
        {
            "patient_id": [f"p{i:02}" for i in range(20) for _ in range(6)],
            "fraction": [str(j) for _ in range(20) for j in range(1, 7)],
            "site": [("lung", "brain")[i % 2] for i in range(20) for _ in range(6)],
            **{f"{a}_mm": [f"{v:.2f}" for v in rng.normal(0, 3, 120)] for a in ("lr", "si", "ap")},
            **(columns or {}),
        }
    )
    for row, column, text in spoil:
        at = pl.int_range(frame.height) == row
        frame = frame.with_columns(pl.when(at).then(pl.lit(text)).otherwise(column).alias(column))
    frame.write_csv(path)
    return path


def _both(path, **choice):
    """Summaries with and without the query beside the reading, and the answer to it."""
    by = choice.get("group_by", ())
    beside = read_table(path, LENIENT, keep=by, beside=lambda: SumsBeside(**choice))
    plain = read_table(path, LENIENT, keep=by)
    assert_frame_equal(beside.ledger, plain.ledger)
    one = summarise_units(beside.frame, sums=beside.beside, **choice).summaries()
    two = summarise_units(plain.frame, **choice).summaries()
    assert_frame_equal(one, two, check_exact=True)
    return beside.beside


def test_one_pass_gives_the_sums_of_two(tmp_path):
    assert _both(_log(tmp_path / "a.csv")) is not None
    assert _both(_log(tmp_path / "a.csv"), group_by=["site"]) is not None


@pytest.mark.parametrize(
    "cell", [("lr_mm", "1e300"), ("si_mm", "left"), ("fraction", "0"), ("patient_id", " ")]
)
def test_rows_set_aside_are_in_no_sum(tmp_path, cell):
    path = _log(tmp_path / "a.csv", spoil=[(7, *cell), (50, *cell)])
    answer = _both(path)
    assert answer is not None
    assert int(answer["_rows"].sum()) == 118


def test_duplicates_need_a_pass_of_their_own(tmp_path):
    once = _log(tmp_path / "a.csv", columns={"image": ["1"] * 120})
    assert _both(once) is not None
    twice = _log(tmp_path / "b.csv", columns={"image": ["1"] * 120}, spoil=[(1, "fraction", "1")])
    assert _both(twice) is None


def test_several_images_of_a_fraction_are_chosen_from_afterwards(tmp_path):
    assert _both(_log(tmp_path / "a.csv", spoil=[(1, "fraction", "1")])) is not None


def test_wrong_choices_ask_nothing(tmp_path):
    rows = read_table(_log(tmp_path / "a.csv"), LENIENT).frame
    assert SumsBeside(group_by=["machine"]).feed(rows) is None
    assert SumsBeside(surrogate="bone").feed(rows) is None
    assert SumsBeside().feed(rows.sort("fraction")) is not None


def test_a_long_file_is_judged_in_stretches_as_it_is_in_one(tmp_path, monkeypatch):
    spoiled = [(3, "lr_mm", "999"), (77, "si_mm", "wide"), (119, "patient_id", "")]
    pl.read_csv(_log(tmp_path / "a.csv", spoil=spoiled), infer_schema=False).write_parquet(
        tmp_path / "a.parquet"
    )
    whole = read_table(tmp_path / "a.parquet", LENIENT, beside=SumsBeside)
    monkeypatch.setattr(scan, "STRETCH", 50)
    found = _both(tmp_path / "a.parquet")
    assert_frame_equal(found.sort("patient_id"), whole.beside.sort("patient_id"), check_exact=True)
    again = read_table(tmp_path / "a.parquet", LENIENT, beside=SumsBeside)
    assert_frame_equal(again.ledger, whole.ledger)
    assert {5, 79, 121} <= set(whole.ledger["row"].to_list())
