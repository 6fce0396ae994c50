"""Strict reading of delimited text: every row used or set aside, every refusal names its place."""

import polars as pl
import pytest

from popmargin.core.exceptions import PopmarginError, RefusedInput
from popmargin.tables.read import read_table
from popmargin.tables.source import SourceDeclaration

HEAD = "patient_id,fraction,lr_mm,si_mm,ap_mm\n"


def read(tmp_path, text, name="shifts.csv", keep=(), **declared):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(path, SourceDeclaration("clinic", **declared), keep=keep)


def refused(tmp_path, text, **declared):
    with pytest.raises(RefusedInput) as caught:
        read(tmp_path, text, **declared)
    return str(caught.value)


def test_ids_are_never_inferred(tmp_path):
    ids = ["00123", "123", "1E5", "NA", "null", "None", "nan", "0x1", "TRUE"]
    table = read(tmp_path, HEAD + "".join(f"{i},1,1,1,1\n" for i in ids))
    assert table.frame.collect()["patient_id"].to_list() == ids


def test_empty_is_not_measured_and_zero_is_measured(tmp_path):
    frame = read(tmp_path, HEAD + "a,1,,0,-0.5\n").frame.collect()
    assert frame.select("lr_mm", "si_mm", "ap_mm").row(0) == (None, 0.0, -0.5)


def test_a_couch_shift_is_turned_into_the_error_it_corrected_row_by_row(tmp_path):
    text = (
        "patient_id,fraction,lr_mm,si_mm,ap_mm,pitch_deg,quantity,carried_lr_mm\n"
        "a,1,1,-2,3,0.5,couch_shift,4\na,2,1,-2,3,0.5,setup_error,4\n"
    )
    frame = read(tmp_path, text).frame.collect()
    names = ["lr_mm", "si_mm", "ap_mm", "pitch_deg", "carried_lr_mm"]
    assert frame.select(names).rows() == [(-1, 2, -3, -0.5, 4), (1, -2, 3, 0.5, 4)]
    assert frame["quantity"].unique().to_list() == ["setup_error"]


def test_a_declared_quantity_turns_the_sign_too(tmp_path):
    frame = read(tmp_path, HEAD + "a,1,1,-2,3\n", quantity="couch_shift").frame.collect()
    assert frame.select("lr_mm", "si_mm", "ap_mm").row(0) == (-1.0, 2.0, -3.0)


def test_columns_units_signs_and_constants_are_applied(tmp_path):
    text = "MRN;Day;Lat;Lng;Vrt\n007;1;0,25;-1,5;2\n"
    table = read(
        tmp_path,
        text,
        separator=";",
        decimal=",",
        columns={
            "patient_id": "MRN",
            "fraction": "Day",
            "lr_mm": "Lat",
            "si_mm": "Lng",
            "ap_mm": "Vrt",
        },
        units={"lr_mm": "cm", "si_mm": "cm", "ap_mm": "cm"},
        signs={"ap_mm": -1},
        constants={"site": "lung"},
        timing="before_correction",
    )
    row = table.frame.collect().to_dicts()[0]
    assert (row["patient_id"], row["lr_mm"], row["si_mm"], row["ap_mm"]) == ("007", 2.5, -15, -20)
    assert (row["site"], row["timing"]) == ("lung", "before_correction")


BAD_CELLS = {
    "a,1,x,1,1": ("not_a_number", "lr_mm"),
    "a,1,1;5,1,1": ("not_a_number", "lr_mm"),
    "a,1,nan,1,1": ("not_finite", "lr_mm"),
    "a,1,1,inf,1": ("not_finite", "si_mm"),
    "a,1,1,1,1e400": ("not_finite", "ap_mm"),
    "a,1,1,1,250": ("out_of_range", "ap_mm"),
    "a,0,1,1,1": ("out_of_range", "fraction"),
    "a,-1,1,1,1": ("out_of_range", "fraction"),
    "a,1.5,1,1,1": ("not_whole", "fraction"),
    "a,,1,1,1": ("missing_value", "fraction"),
    ",1,1,1,1": ("missing_value", "patient_id"),
    "  ,1,1,1,1": ("missing_value", "patient_id"),
    "a,1,,,": ("no_axis_measured", ""),
}


@pytest.mark.parametrize(("row", "expected"), BAD_CELLS.items())
def test_a_bad_row_is_set_aside_with_its_reason_and_place(tmp_path, row, expected):
    good = "".join(f"b,{i},1,1,1\n" for i in range(1, 40))
    table = read(tmp_path, HEAD + good + row + "\n")
    aside = table.ledger.filter(status="set_aside")
    assert aside.select("reason", "column", "row").rows() == [(*expected, 41)]
    assert table.ledger["rows"].sum() == table.rows_read == 40
    flag = table.flags[-1]
    assert (flag.code, flag.file, flag.row, flag.column) == (
        "row_set_aside",
        "shifts.csv",
        41,
        expected[1] or None,
    )


def test_row_numbers_survive_blank_lines_and_line_ends(tmp_path):
    rows = "".join(f"b,{i},1,1,1\r\n" for i in range(1, 60))
    table = read(tmp_path, HEAD.replace("\n", "\r\n") + rows + "\r\n,,,,\r\na,1,x,1,1")
    aside = table.ledger.filter(status="set_aside")
    assert aside.select("reason", "row").rows() == [("not_a_number", 63)]
    assert table.rows_read == 60
    codes = [flag.code for flag in table.flags]
    assert codes == ["no_final_line_end", "empty_lines", "row_set_aside"]


def test_a_fraction_written_as_a_whole_float_is_whole(tmp_path):
    assert read(tmp_path, HEAD + "a,3.0,1,1,1\n").frame.collect()["fraction"].to_list() == [3]


def test_an_unknown_value_of_an_enumeration_is_set_aside(tmp_path):
    text = HEAD.replace("\n", ",timing\n") + "a,1,1,1,1,before_correction\na,2,1,1,1,Before\n"
    table = read(tmp_path, text, max_set_aside_share=0.5)
    assert table.ledger.filter(status="set_aside")["reason"].to_list() == ["unknown_value"]


def test_more_than_the_allowed_share_set_aside_refuses_the_table(tmp_path):
    message = refused(tmp_path, HEAD + "a,1,1,1,1\na,2,x,1,1\n")
    assert "shifts.csv, row 3, column lr_mm" in message
    assert "at most 5%" in message
    assert "'x'" in message


def test_a_wrong_decimal_is_refused_with_the_remedy(tmp_path):
    message = refused(tmp_path, HEAD + 'a,1,"1,25",1,1\n')
    assert "row 2, column lr_mm" in message
    assert "'1,25'" in message
    assert 'decimal: ","' in message


def test_a_point_in_a_decimal_comma_table_is_not_guessed(tmp_path):
    text = HEAD.replace(",", ";") + "a;1;1.5;1;1\n"
    assert "'1.5'" in refused(tmp_path, text, separator=";", decimal=",")


STRUCTURE = {
    "empty": (b"", "an empty file"),
    "blank": (b"  \n", "an empty file"),
    "header only": (HEAD.encode(), "rows below the header"),
    "semicolons": (HEAD.replace(",", ";").encode() + b"a;1;1;1;1\n", "a semicolon stands in it"),
    "repeated header": (b"patient_id,fraction,lr_mm,lr_mm,ap_mm\na,1,1,1,1\n", "lr_mm twice"),
    "nameless column": (b"patient_id,,lr_mm,si_mm,ap_mm\na,1,1,1,1\n", "a name for every column"),
    "missing axis": (b"patient_id,fraction,lr_mm,ap_mm\na,1,1,1\n", "si_mm"),
    "short row": (HEAD.encode() + b"a,1,1,1,1\na,2,1,1\n", "row 3: expected 5 fields, found 4"),
    "long row": (HEAD.encode() + b"a,1,1,1,1,1\n", "row 2: expected 5 fields, found 6"),
    "short and long": (HEAD.encode() + b"a,1,1,1\na,2,1,1,1,1\n", "row 2: expected 5 fields"),
    "utf-16": (HEAD.encode("utf-16"), "declare encoding: utf-16"),
    "utf-16 without mark": (HEAD.encode("utf-16-le"), "utf-16"),
    "bad bytes": (HEAD.encode() + b"a,1,1,1,1\n\xff,1,1,1,1\n", "row 3"),
    "bad bytes in header": (b"patient_id\xff,fraction\n", "row 1"),
    "open quote": (HEAD.encode() + b'"a,1,1,1,1\n', "row"),
}


@pytest.mark.parametrize("case", STRUCTURE)
def test_a_structure_that_cannot_be_trusted_is_refused(tmp_path, case):
    content, words = STRUCTURE[case]
    assert words in refused(tmp_path, content)


def test_encodings_are_declared(tmp_path):
    text = HEAD.replace("\n", ",site\n") + "Jörg,1,1,1,1,Lunge\n"
    for encoding in ("utf-8-sig", "utf-16", "cp1252"):
        table = read(tmp_path, text.encode(encoding), encoding=encoding)
        assert table.frame.collect()["patient_id"].to_list() == ["Jörg"]
    # A byte order mark of UTF-8 needs no declaration.
    assert read(tmp_path, text.encode("utf-8-sig")).frame.collect().height == 1


def test_quotes_may_hold_separators_and_line_ends(tmp_path):
    frame = read(tmp_path, HEAD + '"Doe, J",1,1,1,1\n"two\nlines",1,1,1,1\n').frame.collect()
    assert frame["patient_id"].to_list() == ["Doe, J", "two\nlines"]


def test_a_declared_column_that_is_not_there_is_refused_with_those_that_are(tmp_path):
    message = refused(tmp_path, HEAD + "a,1,1,1,1\n", columns={"lr_mm": "Lat"})
    assert "'Lat'" in message
    assert "the columns are patient_id, fraction" in message


def test_extra_columns_stay_out_unless_they_are_kept(tmp_path):
    text = HEAD.replace("\n", ",name,mask\n") + "a,1,1,1,1,Doe,A\n"
    assert "name" not in read(tmp_path, text).frame.collect_schema()
    kept = read(tmp_path, text, keep=["mask"]).frame.collect()
    assert kept["mask"].to_list() == ["A"]
    assert "name" not in kept.columns


def test_a_message_never_shows_an_id(tmp_path):
    message = refused(tmp_path, HEAD + "Doe John 1950,0,1,1,1\n")
    assert "Doe" not in message


def test_every_default_that_is_filled_in_is_an_assumption(tmp_path):
    table = read(tmp_path, HEAD + "a,1,1,1,1\n")
    text = " ".join(table.assumptions)
    for word in ("quantity", "timing", "course", "plan", "image"):
        assert word in text
    filled = table.complete()
    assert filled.select("course", "plan", "timing").row(0) == ("1", "1", "before_correction")


def test_a_path_that_is_no_file_is_refused(tmp_path):
    for path in (tmp_path / "absent.csv", tmp_path):
        with pytest.raises(RefusedInput, match="expected a file"):
            read_table(path, SourceDeclaration("x"))


def test_impossible_declarations_are_refused():
    for wrong in (
        {"decimal": "."} | {"separator": "."},
        {"decimal": "x"},
        {"separator": "::"},
        {"signs": {"lr_mm": 2}},
        {"max_set_aside_share": 1.5},
    ):
        with pytest.raises(PopmarginError):
            SourceDeclaration("x", **wrong)


def test_an_unknown_unit_is_refused(tmp_path):
    with pytest.raises(PopmarginError, match="unit"):
        read(tmp_path, HEAD + "a,1,1,1,1\n", units={"lr_mm": "inch"}).frame.collect()


def test_anatomy_reads_fraction_zero_and_any_quantity(tmp_path):
    text = "patient_id,fraction,structure,quantity,value,unit\na,0,parotid,volume,31.5,cc\n"
    table = read(tmp_path, text, table="anatomy")
    assert table.complete().select("fraction", "value", "side").row(0) == (0, 31.5, "")


def test_dates_follow_iso_or_the_declared_format(tmp_path):
    text = HEAD.replace("\n", ",acquired_at\n") + "a,1,1,1,1,{}\n"
    iso = read(tmp_path, text.format("2024-04-03T10:15:00")).frame.collect()
    own = read(tmp_path, text.format("03.04.2024 10:15"), date_format="%d.%m.%Y %H:%M")
    assert iso["acquired_at"].to_list() == own.frame.collect()["acquired_at"].to_list()
    assert (
        "not_a_date"
        in read(tmp_path, text.format("03/04/2024") + "b,1,1,1,1,\n", max_set_aside_share=0.5)
        .ledger["reason"]
        .to_list()
    )


def test_repeated_keys_with_an_image_column_are_duplicates(tmp_path):
    head = HEAD.replace("\n", ",image\n")
    rows = "".join(f"p,{i},1,1,1,1\n" for i in range(1, 80))
    same = read(tmp_path, head + rows + "a,1,1,1,1,1\na,1,1,1,1,1\n")
    assert same.ledger.filter(status="set_aside")["reason"].to_list() == ["duplicate_row"]
    other = read(tmp_path, head + rows + "a,1,1,1,1,1\na,1,2,1,1,1\n")
    assert other.ledger.filter(status="set_aside")["reason"].to_list() == [
        "conflicting_duplicate",
        "conflicting_duplicate",
    ]
    assert other.frame.filter(pl.col("patient_id") == "a").collect().is_empty()


def test_dates_that_several_hands_wrote_are_read_where_the_formats_agree(tmp_path):
    text = "patient_id,fraction,lr_mm,si_mm,ap_mm,acquired_at\n"
    dates = ("2024-03-04", "25.03.2024", "2024-03-06", "04.05.2024")
    rows = "".join(f"a,{n},1,1,1,{date}\n" for n, date in enumerate(dates, 1))
    both = read(tmp_path, text + rows, date_format="%Y-%m-%d | %d.%m.%Y").complete()
    found = both["acquired_at"].dt.date().to_list()
    assert [f"{day:%d.%m.%Y}" for day in found] == [
        "04.03.2024",
        "25.03.2024",
        "06.03.2024",
        "04.05.2024",
    ]
    # 25 March is no month 25; the fourth of May may be the fifth of April, and is not guessed.
    torn = read(
        tmp_path,
        text + rows.replace("2024-03-0", "13.03.202"),
        date_format="%d.%m.%Y | %m.%d.%Y",
        max_set_aside_share=0.5,
    )
    assert torn.rows_read == 4
    assert [flag.column for flag in torn.flags if flag.code == "row_set_aside"] == ["acquired_at"]


def test_a_unit_that_the_name_of_the_column_contradicts_blocks(tmp_path):
    text = "patient_id,fraction,Lat (cm),Lng [cm],ap_mm\na,1,0.1,0.2,3\n"
    columns = {"lr_mm": "Lat (cm)", "si_mm": "Lng [cm]"}
    wrong = read(tmp_path, text, columns=columns, units={"si_mm": "cm"})
    (flag,) = [flag for flag in wrong.flags if flag.severity == "block"]
    assert (flag.code, flag.column) == ("unit_contradicts_name", "lr_mm")
    assert "says cm in its name and is read as mm: declare units: {lr_mm: cm}" in flag.message
    right = read(tmp_path, text, columns=columns, units={"si_mm": "cm", "lr_mm": "cm"})
    assert not right.flags
    # A canonical name says nothing of the file.
    assert not read(tmp_path, HEAD + "a,1,1,1,1\n", units={"lr_mm": "cm"}).flags
