"""Sums while rows stream by: those of polars alone, for any key, order and batch."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from popmargin.core.exceptions import OutOfRange
from popmargin.errors import unit_sums
from popmargin.errors.unit_sums import UnitStream, plain_sums, sums_of_units

AXES = ["lr", "si", "pitch"]


def _log(rows=4000, units=300):
    rng = np.random.default_rng(11)
    ids = rng.integers(0, units, rows)
    texts = pl.Series(
        "patient_id", [("p%02d" if i % 2 else "a much longer name %04d") % i for i in ids]
    )
    frame = pl.DataFrame(
        {
            "patient_id": texts,
            "plan": rng.choice(["1", "2"], rows),
            "site": rng.choice(["lung", "brain"], rows),
            "fraction": rng.integers(1, 90, rows),
            **{
                name: pl.Series(np.round(rng.normal(0, 9, rows), 3)).set(
                    pl.Series(rng.random(rows) < 0.1), None
                )
                for name in ("lr_mm", "si_mm", "pitch_deg")
            },
        },
    )
    keyless = pl.when(pl.col("fraction") > 80).then(None).otherwise("site")
    return frame.with_columns(site=keyless)


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("group_by", [[], ["site"]])
def test_the_compiled_sums_are_those_of_polars(tmp_path, monkeypatch, ordered, group_by):
    frame = _log()
    if ordered:
        frame = frame.sort("site", "patient_id", "plan")
    frame.write_parquet(tmp_path / "a.parquet", row_group_size=300)
    rows = pl.scan_parquet(tmp_path / "a.parquet")
    key = [*group_by, "patient_id", "plan"]
    plain = plain_sums(rows, AXES, key).collect()
    monkeypatch.setattr(unit_sums, "_LONG", 700)
    found = sums_of_units(rows, AXES, group_by)
    assert_frame_equal(found, plain, check_row_order=False, check_exact=True)
    monkeypatch.setattr(unit_sums, "_LONG", 10**6)
    short = sums_of_units(rows, AXES, group_by)
    assert_frame_equal(short, plain, check_row_order=False, check_exact=True)


def test_a_table_without_rows_has_no_unit(monkeypatch):
    monkeypatch.setattr(unit_sums, "_LONG", 0)
    found = sums_of_units(_log().head(0).lazy(), AXES, [])
    assert found.height == 0
    assert "pitch_squares" in found.columns


def test_rows_fed_one_stretch_after_the_other_are_those_of_one_table(monkeypatch):
    monkeypatch.setattr(unit_sums, "_LONG", 700)
    frame = _log().sort("patient_id", "plan")
    stream = UnitStream(frame.schema, AXES, [])
    for start in range(0, frame.height, 999):
        assert stream.feed(frame.lazy().slice(start, 999)).collect(engine="streaming").is_empty()
    plain = plain_sums(frame.lazy(), AXES, ["patient_id", "plan"]).collect()
    assert_frame_equal(stream.finish(), plain, check_row_order=False, check_exact=True)


@pytest.mark.parametrize("ordered", [True, False])
def test_batches_handed_over_one_by_one_are_summed_as_a_table(monkeypatch, ordered):
    monkeypatch.setattr(unit_sums, "_LONG", 700)
    unnumbered = pl.when(pl.col("fraction") != 7).then("fraction")
    frame = _log().with_columns(fraction=unnumbered)
    frame = frame.sort("patient_id", "plan") if ordered else frame
    stream = UnitStream(frame.schema, AXES, [])
    for start in range(0, frame.height, 450):
        assert stream._take(frame[start : start + 450]).is_empty()
    plain = plain_sums(frame.lazy(), AXES, ["patient_id", "plan"]).collect()
    assert_frame_equal(stream.finish(), plain, check_row_order=False, check_exact=True)


def test_a_position_that_is_no_number_is_refused(monkeypatch):
    monkeypatch.setattr(unit_sums, "_LONG", 0)
    rows = pl.LazyFrame({"patient_id": ["a"], "fraction": [1], "lr_mm": [float("nan")]})
    with pytest.raises(OutOfRange, match="finite"):
        sums_of_units(rows, ["lr"], [])


def test_keys_do_not_hold_on_to_the_text_of_their_batch():
    names = pl.Series("patient_id", [f"patient number {i:05}" for i in range(100_000)])
    (few,) = unit_sums._picked([names], np.array([1, 500]))
    assert few.to_list() == ["patient number 00001", "patient number 00500"]
    assert few.estimated_size() < 1000
