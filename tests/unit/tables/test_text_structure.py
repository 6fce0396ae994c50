"""What delimited text must be before any value is looked at, beyond the plain cases."""

import csv
import gzip
import io
import zlib

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from popmargin.core.exceptions import PopmarginError, RefusedInput, WrongUsage
from popmargin.tables.read import read_table
from popmargin.tables.source import SourceDeclaration

HEAD = "patient_id,fraction,lr_mm,si_mm,ap_mm\n"
ROWS = "".join(f"p{i},{f},1.5,-2,0\n" for i in range(5) for f in range(1, 6))


def read(path, content, **declared):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(path, SourceDeclaration("clinic", **declared))


@pytest.mark.parametrize("name", ["shifts[1].csv", "shifts*.csv", "sh?fts1.csv"])
def test_a_file_name_is_never_a_pattern_for_other_files(tmp_path, name):
    for other in ("shifts1.csv", "shifts2.csv"):
        (tmp_path / other).write_text(HEAD + "other,1,9,9,9\n")
    table = read(tmp_path / name, HEAD + "a,1,1,1,1\n")
    assert table.frame.collect()["patient_id"].to_list() == ["a"]


REFUSED = {
    "old Mac line ends": ((HEAD + ROWS).replace("\n", "\r"), "row 1: expected a header of one"),
    "an empty first line": ("\n" + HEAD + ROWS, "row 1: expected column names, found an empty row"),
    "a header over two lines": (HEAD.replace("lr_mm", '"lr\nmm"') + ROWS, "header of one line"),
    "no header": (ROWS, "row 1: expected column names, found 4 numbers"),
    "a zero byte": (
        HEAD + ROWS * 4000 + "p\0,1,1,1,1\n",
        "row 100002: expected text, found a zero",
    ),
    "a cut-off letter": ((HEAD + ROWS).encode() + b"a,9,1,1,1\xc3", "row 27: expected UTF-8"),
    "utf-32": ((HEAD + ROWS).encode("utf-32"), "declare encoding: utf-32"),
    "a quote inside a field": (
        HEAD + 'p"1,1,1,1,1\np"2,1,1,1,1\n',
        "row 2: expected fields quoted",
    ),
    "an odd quote": (HEAD + ROWS + 'p"1,1,1,1,1\n', "row 27: expected closed quotes"),
    "text after a quote": (HEAD + '"a"b,1,1,1,1\n', "row 2: expected fields quoted"),
    "a quote that swallows": (HEAD + '"a,1,1,1,1\n' + ROWS * 600, "row 2: expected fields"),
    "a blank before a quote": (HEAD + 'a, "1",1,1,1\n', "row 2: expected fields quoted"),
    "a line of blanks": (HEAD + ROWS + "   \n" + ROWS, "row 27: expected 5 fields, found 1"),
    "a short row after lines in quotes": (HEAD + '"a\nb",1,1,1,1\nc,1\n', "row 3: expected 5"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_readers_would_guess_at_is_refused_by_row(tmp_path, case):
    content, words = REFUSED[case]
    with pytest.raises(RefusedInput) as caught:
        read(tmp_path / "a.csv", content)
    assert words in str(caught.value)
    assert str(caught.value).startswith("a.csv")


def test_a_row_of_data_taken_for_a_header_is_not_quoted(tmp_path):
    with pytest.raises(RefusedInput) as caught:
        read(tmp_path / "a.csv", "DOE^JOHN,1,0.5,1,2\n")
    assert "DOE" not in str(caught.value)


@pytest.mark.parametrize("encoding", ["rot13", "hex", "nonsense", "", "a\0b", "undefined", "ascii"])
def test_an_encoding_that_is_none_or_another_is_refused(tmp_path, encoding):
    with pytest.raises(RefusedInput, match="encoding"):
        read(tmp_path / "a.csv", HEAD + "Jörg,1,1,1,1\n", encoding=encoding)


@pytest.mark.parametrize("separator", ['"', "\n", "§", "a", "5", "", "-", "\\", "tab"])
def test_a_separator_that_numbers_or_quotes_could_hold_is_refused(separator):
    with pytest.raises(WrongUsage, match="separator"):
        SourceDeclaration("x", separator=separator)


@pytest.mark.parametrize(("name", "mark"), [("a.csv", ","), ("a.tsv", "\t"), ("a.txt", "\t")])
def test_the_ending_tells_the_separator(tmp_path, name, mark):
    assert read(tmp_path / name, (HEAD + ROWS).replace(",", mark)).rows_read == 25


@pytest.mark.parametrize("mark", [";", "|", "\t", " "])
def test_any_other_separator_is_declared(tmp_path, mark):
    text = (HEAD + ROWS).replace(",", mark)
    with pytest.raises(RefusedInput):
        read(tmp_path / "a.csv", text)
    assert read(tmp_path / "a.csv", text, separator=mark).rows_read == 25


def test_empty_lines_are_no_rows_and_are_mentioned(tmp_path):
    table = read(tmp_path / "a.csv", HEAD + "a,1,1,1,1\n\n,,,,\n , ,,,\nb,1,1,1,1\n\n")
    assert table.rows_read == table.ledger["rows"].sum() == 2
    assert [(flag.code, flag.severity) for flag in table.flags] == [("empty_lines", "info")]
    assert table.frame.collect()["source_row"].to_list() == [2, 6]


def test_a_table_of_empty_lines_alone_has_no_rows(tmp_path):
    with pytest.raises(RefusedInput, match="rows below the header"):
        read(tmp_path / "a.csv", HEAD + ",,,,\n" * 5)


def test_a_missing_path_and_a_folder_are_told_apart(tmp_path):
    with pytest.raises(RefusedInput, match="found a folder"):
        read_table(tmp_path, SourceDeclaration("x"))
    with pytest.raises(RefusedInput, match="found nothing at that path"):
        read_table(tmp_path / "absent.csv", SourceDeclaration("x"))


def test_the_share_that_may_be_set_aside_is_met_exactly(tmp_path):
    bad = "a,1,x,1,1\n"
    good = "".join(f"b,{i},1,1,1\n" for i in range(1, 72))
    text = HEAD + good + bad * 29
    assert read(tmp_path / "a.csv", text, max_set_aside_share=0.29).rows_read == 100
    with pytest.raises(RefusedInput, match="at most 29% of 101 rows"):
        read(tmp_path / "a.csv", text + bad, max_set_aside_share=0.29)


def test_all_rows_set_aside_is_refused_whatever_is_allowed(tmp_path):
    with pytest.raises(RefusedInput):
        read(tmp_path / "a.csv", HEAD + "a,1,x,1,1\n", max_set_aside_share=1.0)


def test_very_many_bad_rows_are_counted_not_listed(tmp_path):
    good = "".join(f"b,{i},1,1,1\n" for i in range(1, 101))
    table = read(tmp_path / "a.csv", HEAD + good + "a,1,x,1,1\n" * 1200, max_set_aside_share=0.95)
    assert [flag.code for flag in table.flags].count("row_set_aside") == 1000
    assert table.flags[-1].message.startswith("200 further rows")
    assert table.ledger.height == 1201


TEXTS = st.text(st.sampled_from('ab"\n,; é\t'), max_size=6)


@given(st.lists(TEXTS, min_size=1, max_size=8))
@example(['"', "\n", '","', "a"])
@settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_a_csv_writer_writes_is_read_back(tmp_path, ids):
    lines = io.StringIO(newline="")
    writer = csv.writer(lines, quoting=csv.QUOTE_MINIMAL, lineterminator="\n")
    writer.writerow([*HEAD.strip().split(","), "note"])
    writer.writerows([f"p{n}", 1, 1, 1, 1, text] for n, text in enumerate(ids))
    path = tmp_path / "a.csv"
    path.write_bytes(lines.getvalue().encode())
    table = read_table(path, SourceDeclaration("x"), keep=["note"]).frame.collect()
    assert table["note"].to_list() == [text.strip() or None for text in ids]
    assert table["patient_id"].to_list() == [f"p{n}" for n in range(len(ids))]


@given(st.data())
@settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_damaged_file_is_read_with_every_row_accounted_for_or_refused(tmp_path, data):
    raw = bytearray((HEAD + ROWS).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(raw) - 1))
        change = data.draw(st.sampled_from(["flip", "cut", "insert"]))
        if change == "flip":
            raw[place] = data.draw(st.integers(0, 255))
        elif change == "insert":
            raw[place:place] = data.draw(st.sampled_from([b'"', b",", b"\n", b"\r", b"\xff", b"-"]))
        else:
            del raw[place : place + data.draw(st.integers(1, 30))]
    try:
        table = read(tmp_path / "a.csv", bytes(raw), max_set_aside_share=0.99)
    except PopmarginError:
        return
    used = table.ledger.filter(status="used")["rows"].sum()
    assert table.ledger["rows"].sum() == table.rows_read
    assert table.frame.collect().height == used


@pytest.mark.parametrize("packed", [gzip.compress, zlib.compress, lambda text: b"x\x01" + text])
def test_a_packed_text_is_refused_before_anything_unpacks_it(tmp_path, packed):
    # polars unpacks by itself: what was checked would not be what is read.
    with pytest.raises(RefusedInput, match=r"unpack it first|UTF-8 text"):
        read(tmp_path / "t.csv", packed(b"patient_id,fraction,lr_mm,si_mm,ap_mm\na,1,1,1,1\n"))


def test_a_wide_row_near_the_top_may_be_the_names_below_a_title(tmp_path):
    titled = "Clinic X, printed today\n\nMRN,Fx,Lat,Lng\n1,1,2,3\n"
    with pytest.raises(RefusedInput, match=r"row 3: .* declare lines_above"):
        read(tmp_path / "a.csv", titled)
