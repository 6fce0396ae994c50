"""Combining sources: any split of the rows gives the same table, nothing counts twice."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.core.exceptions import RefusedInput
from popmargin.core.flags import Flag
from popmargin.pipeline.account import write_flags
from popmargin.pipeline.combine import combine_files, combine_sources, require_groups
from popmargin.tables.ledger import ledger_lines
from popmargin.tables.result import read_result
from popmargin.tables.write import write_table


def shifts(rows, **constants):
    frame = pl.DataFrame(
        rows, schema=["patient_id", "fraction", "lr_mm"], orient="row"
    ).with_row_index("source_row", offset=2)
    return frame.with_columns(pl.lit(value).alias(name) for name, value in constants.items())


ROWS = [("p1", 1, 1.0), ("p1", 2, -2.0), ("p2", 1, 0.5), ("p2", 2, 3.25), ("p3", 1, 0.0)]


@settings(deadline=None, max_examples=40)
@given(st.permutations(ROWS), st.lists(st.integers(0, 2), min_size=5, max_size=5))
def test_any_split_into_sources_gives_the_same_rows(rows, places):
    parts = [[row for row, place in zip(rows, places, strict=True) if place == p] for p in range(3)]
    frames = {f"s{p}": shifts(part) for p, part in enumerate(parts) if part}
    combined = combine_sources(frames, "shifts")
    whole = combine_sources({"s": shifts(ROWS)}, "shifts")
    kept = ["patient_id", "fraction", "lr_mm"]
    assert combined.frame.select(kept).equals(whole.frame.select(kept))
    assert combined.repeated.is_empty()


def test_rows_that_overlap_count_once_and_contradictions_not_at_all():
    first = shifts(ROWS)
    second = shifts([("p1", 2, -2.0), ("p2", 1, 9.0), ("p9", 1, 1.0)])
    combined = combine_sources({"a": first, "b": second}, "shifts")
    lost = combined.repeated.sort("source", "source_row").rows()
    assert lost == [
        ("a", 4, "conflicting_duplicate", ""),
        ("b", 2, "duplicate_row", ""),
        ("b", 3, "conflicting_duplicate", ""),
    ]
    assert combined.frame.height + combined.repeated.height == 8
    codes = {flag.code: flag.severity for flag in combined.flags}
    assert codes == {"ids_shared_by_sources": "info", "rows_in_several_sources": "warn"}


def test_several_images_of_one_source_are_not_duplicates():
    twice = shifts([("p1", 1, 1.0), ("p1", 1, 1.0), ("p2", 1, 2.0)])
    assert combine_sources({"a": twice}, "shifts").frame.height == 3
    other = shifts([("p1", 2, 1.0)])
    assert combine_sources({"a": twice, "b": other}, "shifts").frame.height == 4


def test_one_id_in_two_centres_blocks():
    frames = {"a": shifts(ROWS, centre="A"), "b": shifts([("p1", 5, 1.0)], centre="B")}
    flags = {flag.code: flag for flag in combine_sources(frames, "shifts").flags}
    assert flags["ids_shared_by_centres"].severity == "block"
    assert flags["ids_shared_by_centres"].patients == 1


def test_sources_with_different_columns_are_put_together():
    frames = {"a": shifts(ROWS, site="lung"), "b": shifts([("q", 1, 1.0)])}
    combined = combine_sources(frames, "shifts").frame
    assert combined.filter(patient_id="q")["site"].to_list() == [None]
    assert combined.columns[-2:] == ["source", "source_row"]


def test_files_of_sources_become_one_table_whose_ledger_adds_up(tmp_path):
    nothing = pl.DataFrame(
        schema={"source_row": pl.Int64, "reason": pl.String, "column": pl.String}
    )
    paths = {"rows": [], "ledgers": [], "flags": []}
    for label, rows in (("a", ROWS), ("b", ROWS[:2])):
        files = [
            tmp_path / f"{label}.parquet",
            tmp_path / f"{label}l.csv",
            tmp_path / f"{label}f.csv",
        ]
        write_table(shifts(rows), files[0])
        write_table(ledger_lines(label, "gather", nothing, len(rows)), files[1], contract="ledger")
        write_flags([Flag("x", "info", label)], files[2])
        for kind, file in zip(paths, files, strict=True):
            paths[kind].append(str(file))
    made = [str(tmp_path / name) for name in ("all.parquet", "ledger.csv", "flags.csv")]
    combine_files("shifts", ["a", "b"], tuple(paths.values()), tuple(made))
    assert pl.read_parquet(made[0]).height == 5
    ledger = read_result(made[1], "ledger")
    assert ledger.filter(status="used")["rows"].to_list() == [5, 0]
    assert ledger.filter(status="set_aside")["reason"].to_list() == ["duplicate_row"] * 2
    codes = read_result(made[2], "flags")["code"].to_list()
    assert codes == ["x", "x", "ids_shared_by_sources", "rows_in_several_sources"]


def test_a_study_cannot_group_by_a_column_that_no_source_holds():
    frame = combine_sources({"a": shifts(ROWS)}, "shifts").frame
    with pytest.raises(RefusedInput, match=r"column machine .* columns: \{machine: <column>\}"):
        require_groups(frame.columns, ["patient_id", "machine"])
