"""The search for planted names finds one wherever the workflow writes: it fails when one sings."""

import base64
import gzip
import io
import zipfile

import docx
import polars as pl
import pytest
import xlsxwriter
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from popmargin.reports.parts import ReportParts
from popmargin.reports.section import Section
from popmargin.reports.typeset import render_pdf
from tests.workflow.canaries import found_canaries

NAME = "Kanarienvogel"


def _text(path, name):
    path.write_text(f"rule: failed with {name}\n")


def _two_bytes_a_letter(path, name):
    path.write_bytes(f"id,{name}\n".encode("utf-16"))


def _workbook(path, name):
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet().write(3, 4, name)


def _workbook_properties(path, name):
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"author": name})
        book.add_worksheet()


def _document(path, name):
    document = docx.Document()
    document.add_table(1, 1).cell(0, 0).text = name
    document.save(path)


def _pdf(path, name):
    path.write_bytes(_report("a study", f"Raised by {name} only."))


def _pdf_title(path, name):
    path.write_bytes(_report(f"study of {name}", "Raised by nobody."))


def _report(title, sentence):
    section = Section("quality", "Quality", (sentence,))
    nothing = dict.fromkeys(("synthetic", "overrides", "blocking", "answers", "figures"), ())
    return render_pdf(ReportParts(title=title, version="", sections=(section,), **nothing))


def _parquet(path, name):
    pl.DataFrame({"patient_id": [name] * 9}).write_parquet(path)


def _picture(path, name):
    info = PngInfo()
    info.add_text("Author", name, zip=True)
    Image.new("L", (2, 2)).save(path, "PNG", pnginfo=info)


def _base64(path, name):
    page = base64.b64encode(f"an embedded file of {name}, and more".encode()).decode()
    path.write_text(f'<img src="data:text/plain;base64,{page}">')


def _gzip(path, name):
    path.write_bytes(gzip.compress(name.encode()))


def _zip_of_zips(path, name):
    inner = io.BytesIO()
    with xlsxwriter.Workbook(inner) as book:
        book.add_worksheet(name)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("inner.xlsx", inner.getvalue())


PLACES = [
    _text, _two_bytes_a_letter, _workbook, _workbook_properties, _document, _pdf, _pdf_title,
    _parquet, _picture, _base64, _gzip, _zip_of_zips,
]  # fmt: skip


@pytest.mark.parametrize("write", PLACES)
def test_a_name_is_found_where_it_is_written_and_nowhere_else(tmp_path, write):
    write(tmp_path / "result", "somebody else")
    assert found_canaries(tmp_path, [NAME]) == set()
    write(tmp_path / "result", NAME)
    assert found_canaries(tmp_path, [NAME]) == {(NAME, "result")}


@pytest.mark.parametrize(
    "name", [f"{NAME}.log", base64.urlsafe_b64encode(f"in/{NAME}.csv".encode()).decode()]
)
def test_a_name_is_found_in_names_of_files(tmp_path, name):
    (tmp_path / name).mkdir()
    assert found_canaries(tmp_path, [NAME]) == {(NAME, name)}
