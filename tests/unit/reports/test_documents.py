"""PDF, DOCX and LaTeX of a report: what they say, hostile labels, the same bytes twice."""

import io
import re
import shutil
import subprocess
import zipfile

import docx
import polars as pl
import pytest

from popmargin.figures import FIGURES
from popmargin.figures.save import figure_bytes
from popmargin.reports.content import report_parts
from popmargin.reports.docx_tables import render_docx
from popmargin.reports.latex_tables import escape_latex, render_latex
from popmargin.reports.section import PageFigure
from popmargin.reports.typeset import render_pdf
from tests.figures.synthetic_study import PROVENANCE, STUDY, study_tables
from tests.figures.synthetic_tables import HOSTILE

FEW = ("margins", "population_errors", "ledger", "flags", "margin_coverage")


def _parts(label=None):
    tables = {name: table for name, table in study_tables().items() if name in FEW}
    study = STUDY
    if label is not None:
        tables = {
            name: table.with_columns(pl.lit(label).alias("group"))
            if "group" in table.columns
            else table
            for name, table in tables.items()
        }
        study = STUDY | {"title": label}
    spec = FIGURES["margin_recipes"]
    svg = figure_bytes(spec.draw(tables), "svg").decode()
    figures = [PageFigure(spec.name, svg, spec.title, spec.caption, spec.alt)]
    return report_parts(tables, figures, study, PROVENANCE)


@pytest.fixture(scope="module")
def parts():
    return _parts()


def test_the_pdf_is_whole_tagged_and_the_same_twice(parts):
    content = render_pdf(parts)
    assert content.startswith(b"%PDF-")
    assert content.rstrip().endswith(b"%%EOF")
    assert b"/StructTreeRoot" in content
    assert render_pdf(parts) == content


def test_word_holds_every_table_with_its_cells(parts):
    content = render_docx(parts)
    document = docx.Document(io.BytesIO(content))
    tables = [table for section in parts.sections for table in section.tables]
    assert len(document.tables) == len(tables)
    for written, table in zip(document.tables, tables, strict=True):
        assert [c.text for c in written.rows[0].cells] == [c.title for c in table.columns]
        assert [c.text for c in written.rows[1].cells] == [c.text for c in table.rows[0]]
    assert any("Synthetic patients" in p.text for p in document.paragraphs)
    assert render_docx(parts) == content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {2000}


def test_latex_has_one_longtable_a_table_and_no_bare_special_character(parts):
    text = render_latex(parts)
    count = sum(len(section.tables) for section in parts.sections)
    assert text.count("\\begin{longtable}") == text.count("\\end{longtable}") == count
    lines = [line for line in text.splitlines() if line.endswith(r" \\")]
    for line in lines:
        bare = line.replace(r"\_", "").replace(r"\%", "").replace(r"\&", "").replace(r"\#", "")
        assert not set("_%#") & set(bare), line
    assert escape_latex(r"\a{b}_c") == r"\textbackslash{}a\{b\}\_c"


def test_latex_tables_share_the_width_of_the_text(parts):
    for line in render_latex(parts).splitlines():
        if line.startswith("\\begin{longtable}"):
            shares = [float(s) for s in re.findall(r"\\dimexpr([\d.]+)\\linewidth", line)]
            gaps = [float(s) for s in re.findall(r"-([\d.]+)\\tabcolsep", line)]
            assert sum(shares) == pytest.approx(1.0, abs=1e-3)
            assert sum(gaps) == pytest.approx(2 * (len(shares) - 1), abs=1e-2)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex on this machine")
def test_latex_compiles_and_little_leaves_its_cell(parts, tmp_path):
    text = render_latex(parts)
    preamble = [line[4:] for line in text.splitlines()[:4] if line.startswith("%   ")]
    lines = ["\\documentclass[a4paper]{article}", *preamble, "\\begin{document}", text]
    (tmp_path / "paper.tex").write_text("\n".join([*lines, "\\end{document}"]), "utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    said = told.stdout.decode("utf-8", "replace")
    assert told.returncode == 0, said[-2000:]
    assert max(map(float, re.findall(r"Overfull \\hbox \(([\d.]+)pt", said)), default=0.0) < 20.0


@pytest.mark.parametrize("label", HOSTILE)
def test_hostile_labels_are_text_in_every_form(label):
    parts = _parts(label)
    assert render_pdf(parts).startswith(b"%PDF-")
    assert docx.Document(io.BytesIO(render_docx(parts))).tables
    assert render_latex(parts).count("\\begin{longtable}") == render_latex(_parts()).count(
        "\\begin{longtable}"
    )
