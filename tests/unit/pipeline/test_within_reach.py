"""Long tables are thinned by patient, evenly in every group, and the reader is told."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.core.exceptions import RefusedInput
from popmargin.motion.moves import moves_within_fractions
from popmargin.pipeline.within_reach import (
    read_images_within_fractions,
    read_selected,
    read_units_shown,
    sampling_flags,
)

ROWS = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from("XY"), st.integers(0, 20)), min_size=1
)


def chosen(tmp_path, rows):
    frame = pl.DataFrame(
        rows, schema=["group", "centre", "patient_id"], orient="row", strict=False
    ).with_columns(pl.col("patient_id").cast(pl.String))
    frame = frame.sort("group", "patient_id").with_row_index("row")
    frame.write_parquet(tmp_path / "selected.parquet")
    return frame, tmp_path / "selected.parquet"


@settings(deadline=None, max_examples=30)
@given(ROWS, st.integers(1, 40), st.booleans())
def test_patients_are_whole_in_order_and_no_group_is_lost(tmp_path_factory, rows, most, by_centre):
    frame, path = chosen(tmp_path_factory.mktemp("reach"), rows)
    found = read_selected(path, by_centre=by_centre, most=most)
    strata = ["group", "centre"] if by_centre else ["group"]
    assert found["row"].is_sorted()
    keys = [*strata, "patient_id"]
    assert found.equals(frame.join(found.select(keys).unique(), on=keys, how="semi"))
    assert set(found.select(strata).rows()) == set(frame.select(strata).rows())


def test_large_groups_are_thinned_evenly_and_small_ones_not(tmp_path):
    rows = [("a", "X", 1000 + patient) for patient in range(90) for _ in range(10)]
    rows += [("b", None, 1000 + patient) for patient in range(5) for _ in range(10)]
    frame, path = chosen(tmp_path, rows)
    found = read_selected(path, most=200)
    assert found.filter(group="b").equals(frame.filter(group="b"))
    kept = found.filter(group="a")["patient_id"].unique().sort().to_list()
    assert kept == [str(1000 + patient) for patient in range(0, 90, 9)]
    assert read_selected(path, by_centre=True, most=200).equals(found)
    assert read_selected(path).equals(frame)


def test_the_reader_is_told_how_many_patients_are_looked_at(tmp_path):
    rows = [("a", "X", 1000 + patient) for patient in range(90) for _ in range(10)]
    _, path = chosen(tmp_path, rows)
    [flag] = sampling_flags({"a": (900, 90)}, most=100)
    assert (flag.code, flag.patients) == ("patients_sampled", 10)
    assert read_selected(path, most=100)["patient_id"].n_unique() == flag.patients
    assert "all 900 fractions" in flag.message
    assert "10 of 90 patients" in flag.message
    assert sampling_flags({"a": (900, 90)}) == []


def test_pictures_of_many_patients_know_how_many_there_are(tmp_path):
    units = pl.DataFrame(
        {
            "group": ["a"] * 40 + ["b"] * 4,
            "patient_id": [f"{k // 2:02}" for k in range(44)],
            "axis": ["lr", "si"] * 22,
            "mean": [k / 2 for k in range(44)],
        }
    )
    units.write_csv(tmp_path / "unit_summaries.csv")
    whole = read_units_shown(tmp_path / "unit_summaries.csv")
    assert whole.equals(units)
    part = read_units_shown(tmp_path / "unit_summaries.csv", most=10)
    assert part.filter(group="b")["n_patients"].to_list() == [2] * 4
    thinned = part.filter(group="a", axis="si")
    assert thinned["patient_id"].to_list() == ["00", "08", "16"]
    assert thinned["n_patients"].to_list() == [20] * 3
    assert thinned["mean"].to_list() == [0.5, 8.5, 16.5]


def test_what_is_no_table_is_refused(tmp_path):
    (tmp_path / "unit_summaries.csv").write_bytes(b"")
    with pytest.raises(RefusedInput, match="unit_summaries"):
        read_units_shown(tmp_path / "unit_summaries.csv")


def images(tmp_path, moving):
    rows = [
        (f"{patient:02}", fraction, timing, float(patient), fraction / 2, 0.0)
        for patient in range(20)
        for fraction in (1, 2)
        for timing in ("before_correction", "after_treatment")
        if timing == "before_correction" or patient in moving
    ]
    names = ["patient_id", "fraction", "timing", "lr_mm", "si_mm", "ap_mm"]
    frame = pl.DataFrame(rows, schema=names, orient="row")
    frame.write_parquet(tmp_path / "shifts.parquet")
    return frame.with_columns(group=pl.lit("all"))


def test_only_patients_imaged_after_the_start_show_motion(tmp_path):
    frame = images(tmp_path, {3, 7})
    found, flags = read_images_within_fractions(tmp_path / "shifts.parquet")
    assert found.height == 8
    assert flags == []
    assert moves_within_fractions(found).equals(moves_within_fractions(frame))


def test_motion_of_very_many_patients_is_looked_at_in_part(tmp_path):
    images(tmp_path, set(range(20)))
    found, [flag] = read_images_within_fractions(tmp_path / "shifts.parquet", most=20)
    assert found["patient_id"].unique().sort().to_list() == ["00", "04", "08", "12", "16"]
    assert (flag.code, flag.patients) == ("motion_sampled", 5)


def test_a_table_without_timing_shows_no_motion(tmp_path):
    images(tmp_path, {1}).drop("timing").write_parquet(tmp_path / "shifts.parquet")
    assert read_images_within_fractions(tmp_path / "shifts.parquet")[0].is_empty()
