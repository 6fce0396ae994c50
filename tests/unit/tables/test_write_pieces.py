"""A table written piece by piece: the bytes of the whole, or nothing."""

import polars as pl
import pytest

from popmargin.core.exceptions import PopmarginError
from popmargin.tables.write import write_pieces, write_table

FRAME = pl.DataFrame({"a": ["x", "y,z", None], "b": [0.1, -0.0, 1e-300], "c": [1, None, 3]})


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_pieces_give_the_same_bytes_as_one(tmp_path, ending):
    write_pieces([FRAME], tmp_path / f"one.{ending}")
    pieces = [FRAME.head(0), *FRAME.iter_slices(1), FRAME.head(0)]
    write_pieces(pieces, tmp_path / f"many.{ending}")
    assert (tmp_path / f"one.{ending}").read_bytes() == (tmp_path / f"many.{ending}").read_bytes()


def test_a_csv_in_pieces_is_that_of_the_whole(tmp_path):
    write_table(FRAME, tmp_path / "whole.csv")
    write_pieces(FRAME.iter_slices(2), tmp_path / "pieces.csv")
    assert (tmp_path / "whole.csv").read_bytes() == (tmp_path / "pieces.csv").read_bytes()


def test_an_error_between_pieces_passes_and_leaves_nothing(tmp_path):
    def pieces():
        yield FRAME
        raise PopmarginError("in between")

    with pytest.raises(PopmarginError, match="in between"):
        write_pieces(pieces(), tmp_path / "t.parquet")
    assert not list(tmp_path.iterdir())


def test_nan_in_any_piece_is_refused(tmp_path):
    pieces = [FRAME, FRAME.with_columns(b=float("nan"))]
    with pytest.raises(PopmarginError, match="column b holds NaN"):
        write_pieces(pieces, tmp_path / "t.csv")
    assert not list(tmp_path.iterdir())
