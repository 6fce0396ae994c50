"""Summaries by ranges of patients: any range gives the bytes of the whole, none is held twice."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.core.exceptions import RefusedInput
from popmargin.errors.population import axis_data_of_table
from popmargin.errors.select import select_images
from popmargin.errors.units import summarise_units
from popmargin.pipeline import summarise
from popmargin.pipeline.summarise import summarise_file, sums_of_file
from popmargin.pipeline.unit_table import read_units
from popmargin.tables.result import read_result

CHOICE = {"group_by": ["site"], "timing": "before_correction", "surrogate": None, "image": "first"}
OUTPUTS = ("unit_summaries.csv", "units.parquet", "selected.parquet", "ledger.csv", "flags.csv")
ROW = st.tuples(
    st.sampled_from(["p1", "p2", "p3", "p4", "p5"]),
    st.integers(1, 3),
    st.sampled_from(["lung", "brain"]),
    st.sampled_from(["before_correction", "after_correction"]),
    st.none() | st.integers(-30, 30),
)


def log_of(rows):
    frame = pl.DataFrame(
        rows, schema=["patient_id", "fraction", "site", "timing", "lr_mm"], orient="row"
    )
    frame = frame.with_columns(
        pl.col("lr_mm").cast(pl.Float64), si_mm=pl.lit(1.5), ap_mm=pl.lit(-0.25), centre=pl.lit("X")
    ).with_row_index("source_row")
    return frame.sort("patient_id", maintain_order=True)


def written(folder, shifts, **options):
    folder.mkdir()
    shifts.write_parquet(folder / "shifts.parquet")
    outputs = [folder / name for name in OUTPUTS]
    summarise_file(folder / "shifts.parquet", outputs[:2], *outputs[2:], **CHOICE, **options)
    return [path.read_bytes() for path in outputs]


@settings(deadline=None, max_examples=25)
@given(st.lists(ROW, min_size=1, max_size=30), st.integers(1, 9))
def test_any_range_gives_the_same_bytes(tmp_path_factory, rows, range_rows):
    folder = tmp_path_factory.mktemp("ranges")
    shifts = log_of([*rows, ("p0", 1, "lung", "before_correction", 1)])
    assert written(folder / "whole", shifts) == written(
        folder / "parts", shifts, range_rows=range_rows
    )


def test_the_files_hold_what_the_library_says_of_the_whole_table(tmp_path):
    rows = [
        (f"p{patient:02}", fraction, ("lung", "brain")[patient % 2], "before_correction", patient)
        for patient in range(12)
        for fraction in (1, 2, 2, 3)
    ]
    shifts = log_of(rows)
    written(tmp_path / "parts", shifts, range_rows=7)
    units = summarise_units(shifts, **CHOICE)
    table = read_result(tmp_path / "parts" / OUTPUTS[0], "unit_summaries")
    assert table.equals(units.summaries().select(table.columns))
    chosen = pl.read_parquet(tmp_path / "parts" / OUTPUTS[2])
    assert chosen["group"].is_sorted()
    plain = select_images(shifts.lazy(), group_by=["site", "centre"]).collect()
    names = [name for name in plain.columns if name != "group"]
    assert chosen.select(names).sort(names).equals(plain.select(names).sort(names))
    ledger = read_result(tmp_path / "parts" / OUTPUTS[3], "ledger")
    assert ledger.select("status", "rows").rows() == [("used", 36), ("set_aside", 12)]


def test_units_come_from_the_table_as_from_memory(tmp_path):
    rows = [
        (f"p{patient}", fraction, site, "before_correction", patient + fraction)
        for site in ("lung", "brain")
        for patient in range(3)
        for fraction in (1, 2)
    ]
    written(tmp_path / "study", log_of(rows))
    csv, parquet = (tmp_path / "study" / name for name in OUTPUTS[:2])
    found = read_units(parquet, ["site"])
    whole = axis_data_of_table(read_result(csv, "unit_summaries"), ["site"])
    assert [(item.group, item.axis, item.columns) for item in found] == [
        (item.group, item.axis, item.columns) for item in whole
    ]
    assert [repr(item.data.by_size) for item in found] == [
        repr(item.data.by_size) for item in whole
    ]


def test_sums_of_a_file_are_those_of_the_table(tmp_path):
    rows = [
        (f"p{patient:02}", fraction, "lung", timing, patient)
        for patient in range(9)
        for fraction in (1, 1, 2)
        for timing in ("before_correction", "after_correction")
        if timing == "before_correction" or patient > 4
    ]
    shifts = log_of(rows)
    shifts.write_parquet(tmp_path / "shifts.parquet")
    choice = CHOICE | {"timing": "after_correction"}
    found = sums_of_file(tmp_path / "shifts.parquet", range_rows=5, **choice)
    whole = summarise_units(shifts, **choice)
    assert (found.images, found.selected) == (whole.images, whole.selected) == (12, 8)
    assert found.summaries().equals(whole.summaries())
    with pytest.raises(RefusedInput, match="after_treatment"):
        sums_of_file(tmp_path / "shifts.parquet", **(choice | {"timing": "after_treatment"}))


def test_no_more_than_a_range_is_held(tmp_path, monkeypatch):
    seen = []

    def spy(rows, **choice):
        seen.append(rows.height)
        return summarise_units(rows, **choice)

    monkeypatch.setattr(summarise, "summarise_units", spy)
    rows = [(f"p{patient:03}", 1, "lung", "before_correction", 1) for patient in range(100)]
    written(tmp_path / "study", log_of(rows), range_rows=10)
    assert sum(seen) == 100
    assert max(seen) <= 11


def test_no_row_of_the_wanted_timing_is_refused(tmp_path):
    with pytest.raises(RefusedInput, match="after_correction"):
        written(tmp_path / "study", log_of([("p", 1, "lung", "after_correction", 1)]))
