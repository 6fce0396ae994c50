"""Numbers parsed while reading are those parsed from texts, to the last bit; faults fall back."""

import struct

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from popmargin.core.exceptions import RefusedInput
from popmargin.tables.convert import convert_table
from popmargin.tables.read import _account, completed, read_table
from popmargin.tables.scan import scan_table
from popmargin.tables.source import SourceDeclaration

SOURCE = SourceDeclaration("clinic", max_set_aside_share=0.9)
HEAD = "patient_id,fraction,lr_mm,si_mm,ap_mm,pitch_deg\n"
ODD = ["1e2", "+1.5", ".5", "5.", "-0", "-0.0", "1E-3", " 1", "1 ", "inf", "nan", "NaN", "-inf"]
ODD += ["0x1", "1_0", "1,5", '"1.5"', '""', "", "null", "NA", "1.5mm", "--1", "1e400", "1e-400"]
ODD += ["0.1000000000000000055511151231257827", "123456789012345678", "٣", "1d2", "1f", "true"]
NUMBERS = st.one_of(
    st.floats(-150, 150).map(repr),
    st.decimals(-150, 150, places=3).map(str),
    st.sampled_from(ODD),
    st.text(st.sampled_from("0123456789+-.eE, x\t"), max_size=8),
)
LAYOUTS = ["empty line", "lines at the end", "not measured", "empty cells", "no line end", "crlf"]
LAYOUTS += ["mark", "blanks in names", "out of range", "repeated key"]
WHOLE = st.one_of(st.integers(-3, 900).map(str), st.sampled_from([*ODD, "1.0", "01", "+3"]))


def both(path, source=SOURCE):
    """As read, and as read from texts alone; a refusal is an outcome too."""
    outcomes = []
    for read in (
        lambda: read_table(path, source),
        lambda: _account(scan_table(path, source), source),
    ):
        try:
            table = read()
            outcomes.append((table.complete(), table.ledger, table.flags, table.rows_read))
        except RefusedInput as refusal:
            outcomes.append(str(refusal))
    return outcomes


def same(path, source=SOURCE):
    ours, texts = both(path, source)
    if isinstance(texts, str):
        assert ours == texts
        return
    assert_frame_equal(ours[0], texts[0], check_exact=True)
    for name in ours[0].columns:
        if ours[0][name].dtype == pl.Float64:  # minus zero is not zero
            pairs = zip(ours[0][name].fill_null(7), texts[0][name].fill_null(7), strict=True)
            assert all(struct.pack("d", a) == struct.pack("d", b) for a, b in pairs)
    assert_frame_equal(ours[1], texts[1])
    assert ours[2:] == texts[2:]


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(WHOLE, NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=6))
@example([("1", cell, "1", "1") for cell in ODD])
def test_any_cells(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("t") / "t.csv"
    quoted = [[f'"{c}"' if "," in c and '"' not in c else c for c in row] for row in rows]
    lines = [f"p{i},{','.join(row)},0.5\n" for i, row in enumerate(quoted)]
    path.write_text(HEAD + "".join(lines))
    same(path)


@pytest.mark.parametrize("cell", ODD)
@pytest.mark.parametrize("column", ["fraction", "lr_mm"])
def test_odd_cells_one_by_one(tmp_path, cell, column):
    shown = f'"{cell}"' if "," in cell else cell
    row = f"{shown},1,2,3,4" if column == "fraction" else f"1,{shown},2,3,4"
    (tmp_path / "t.csv").write_text(f"{HEAD}p,{row}\nq,1,1,1,1,1\n")
    same(tmp_path / "t.csv")


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "p,1,1,2,3,4\n\nq,1,1,2,3,4\n",
        HEAD + "p,1,1,2,3,4\n\n\n",
        HEAD + "p,1,,,,\nq,1,1,2,3,\n",
        HEAD + ",,,,,\nq,1,1,2,3,4\n",
        HEAD + "p,1,1,2,3,4",
        HEAD.replace("\n", "\r\n") + "p,1,1,2,3,4\r\nq,2,1,,3,4\r\n",
        "\ufeff" + HEAD + "p,1,1,2,3,4\n",
        HEAD.replace("lr_mm", " lr_mm ") + "p,1,1,2,3,4\n",
        HEAD + "p,1,1,2,300,4\nq,1,1,2,3,4\n",
        HEAD.replace("pitch_deg", "image") + "p,1,1,2,3,1\np,1,1,2,3,1\nq,1,1,2,3,1\n",
    ],
    ids=LAYOUTS,
)
def test_layouts(tmp_path, text):
    (tmp_path / "t.csv").write_bytes(text.encode())
    same(tmp_path / "t.csv")


def test_units_signs_and_column_names(tmp_path):
    (tmp_path / "t.tsv").write_text("MRN\tfraction\tx\tsi_mm\tap_mm\n007\t1\t0.57\t-1\t0\n")
    source = SourceDeclaration(
        "clinic",
        columns={"patient_id": "MRN", "lr_mm": "x"},
        units={"lr_mm": "cm"},
        signs={"ap_mm": -1},
        quantity="couch_shift",
    )
    same(tmp_path / "t.tsv", source)
    assert read_table(tmp_path / "t.tsv", source).complete()["patient_id"].to_list() == ["007"]


def test_a_sound_table_is_read_typed_and_others_are_not(tmp_path):
    (tmp_path / "t.csv").write_text(HEAD + "p,1,1,2,3,4\n")
    assert scan_table(tmp_path / "t.csv", SOURCE).sound is not None
    for source in (
        SourceDeclaration("c", encoding="cp1252"),
        SourceDeclaration("c", decimal=",", separator=";"),
    ):
        text = (HEAD + "p,1,1,2,3,4\n").replace(",", source.separator or ",")
        (tmp_path / "u.csv").write_text(text)
        assert scan_table(tmp_path / "u.csv", source).sound is None


@pytest.mark.parametrize("fault", ["", "p,2,x,1,1,1\n"])
@pytest.mark.parametrize("repeat", [False, True])
def test_converted_is_read_and_written(tmp_path, fault, repeat):
    head = HEAD.replace("pitch_deg", "image")
    text = head + "p,1,1,2,3,1\nq,1,1.25,,3,1\n" + fault + ("p,1,1,2,3,1\n" if repeat else "")
    (tmp_path / "t.csv").write_text(text)
    table = convert_table(tmp_path / "t.csv", SOURCE, tmp_path / "t.parquet")
    written = pl.scan_parquet(tmp_path / "t.parquet")
    assert_frame_equal(written.collect(), read_table(tmp_path / "t.csv", SOURCE).frame.collect())
    assert_frame_equal(completed(written, table.contract).collect(), table.complete())
    assert written.collect().height == 2


def test_a_refused_table_writes_nothing(tmp_path):
    (tmp_path / "t.csv").write_text(HEAD + "p,1,x,2,3,4\n")
    with pytest.raises(RefusedInput):
        convert_table(tmp_path / "t.csv", SOURCE, tmp_path / "t.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]
