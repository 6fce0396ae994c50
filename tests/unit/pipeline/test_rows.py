"""Result tables between rules keep their columns and types, with and without rows."""

import polars as pl
import pytest

from popmargin.core.exceptions import PopmarginError
from popmargin.pipeline.rows import read_named, write_result, write_rows

ROW = {
    "group": "lung",
    "axis": "lr",
    "fraction": 1,
    "n_patients": 3,
    "mean_mm": 0.5,
    "mean_low_mm": None,
    "mean_high_mm": None,
    "site": "lung",
    "scratch": 1.0,
}


def test_a_table_has_the_group_columns_then_the_contract_and_nothing_else(tmp_path):
    path = tmp_path / "fraction_trend.csv"
    write_rows([ROW], path, "fraction_trend", ["site"])
    table = read_named(path)
    assert table.columns[:3] == ["site", "group", "axis"]
    assert "scratch" not in table.columns
    assert table.schema["fraction"] == pl.Int64
    write_rows([], path, "fraction_trend", ["site"])
    assert read_named(path).columns == table.columns
    assert read_named(path).is_empty()


def test_without_a_contract_numbers_are_numbers_and_groups_text(tmp_path):
    path = tmp_path / "other_table.csv"
    write_result(pl.DataFrame({"group": ["007"], "share": [0.5]}), path)
    assert read_named(path).row(0) == ("007", 0.5)


def test_infinite_values_are_never_written(tmp_path):
    with pytest.raises(PopmarginError, match="NaN or an infinite"):
        write_result(pl.DataFrame({"share": [float("inf")]}), tmp_path / "other.csv")
