"""What the choice of rows means is said."""

import polars as pl

from popmargin.errors.selection_remarks import image_flags, pooled_flags


def test_pooled_columns_are_named_and_missing_values_are_no_group():
    shifts = pl.LazyFrame({"site": ["a", "b", None], "surrogate": ["bone", None, "bone"]})
    assert [flag.column for flag in pooled_flags(shifts, [])] == ["site"]
    assert pooled_flags(shifts, ["site"]) == []


def test_one_image_a_fraction_needs_no_remark():
    assert image_flags(5, 5, "first") == []
