"""A study of four centres: who differs, who may use the margin; and the same bytes however cut.

The rows come in order in one file; shuffled, with other numbers of threads and another hash seed;
and in fifty files.
"""

import hashlib
import zipfile

import polars as pl
import pytest

from popmargin.core.random_streams import random_stream
from tests.faults.bench import Place
from tests.workflow.checkout import Checkout

CENTRES = {"A": 0.0, "B": 0.2, "C": 6.0, "D": 0.1}
FILES = 50
CONFIG = """\
study: s
sources:
{sources}
errors: {{group_by: [site]}}
margins: {{recipes: [van_herk_linear]}}
present_margin_mm: {{lr: 12, si: 12, ap: 2}}
compare_centres: true
"""
SOURCE = "  - {{label: {0}, path: {0}.csv, quantity: setup_error, timing: before_correction}}"
# What holds the numbers of the rows in their file; and the hash of the file, where only it differs.
OF_ROWS = {"intermediate/shifts.parquet", "intermediate/source_1.parquet"}
OF_FILE = {"provenance.json", "report.html", "report.pdf", "tables.docx", "tables.tex"}
TABLES = ("unit_summaries", "population_errors", "margins", "centre_places", "centre_verdicts")


def rows() -> pl.DataFrame:
    """Ten patients of eight fractions a centre; one centre is off in the left-right mean."""
    rng = random_stream(11, "centres")
    parts = []
    for centre, mean in CENTRES.items():
        for patient in range(10):
            shift = rng.normal(size=(1, 3)) * 2 + rng.normal(size=(8, 3)) * 2 + [mean, 0, 0]
            named = dict(zip(("lr_mm", "si_mm", "ap_mm"), shift.round(2).T, strict=True))
            part = pl.DataFrame({"fraction": range(1, 9), **named}).with_columns(
                patient_id=pl.lit(f"{centre}{patient}"), centre=pl.lit(centre), site=pl.lit("lung")
            )
            parts.append(part)
    return pl.concat(parts)


def study(home, files, *wanted):
    """Run the study of these files in a folder of its own."""
    place = Checkout(home, home.parent / f"here{len(list(home.parent.iterdir()))}")
    place.here.mkdir()
    for name, table in files.items():
        table.write_csv(place.here / f"{name}.csv")
    sources = "\n".join(SOURCE.format(name) for name in files)
    (place.here / "s.yaml").write_text(CONFIG.format(sources=sources))
    place.done("--configfile", "s.yaml", *(("--", *wanted) if wanted else ()))
    return Place(place)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A checkout to run from."""
    return Checkout.copy(tmp_path_factory.mktemp("centres")).home


@pytest.fixture(scope="module")
def one(home):
    """The study, undisturbed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POLARS_MAX_THREADS", "1")
        patch.setenv("PYTHONHASHSEED", "0")
        return study(home, {"all": rows()})


def shuffled():
    return rows().sample(fraction=1.0, shuffle=True, seed=2)


def test_order_threads_and_hash_seed_change_no_byte(home, one, monkeypatch):
    monkeypatch.setenv("POLARS_MAX_THREADS", "8")
    monkeypatch.setenv("PYTHONHASHSEED", "1")
    other = study(home, {"all": shuffled()})
    found, truth = other.hashes(), one.hashes()
    assert "report.pdf" in found
    differing = {name for name in {*found, *truth} if found.get(name) != truth.get(name)}
    assert differing <= OF_ROWS | OF_FILE
    assert text_of(other, "report.html") == text_of(one, "report.html")
    assert text_of(other, "tables.tex") == text_of(one, "tables.tex")
    assert text_of(other, "tables.docx") == text_of(one, "tables.docx")


def text_of(place, name):
    """Text of a result without the hash of the input."""
    content = (place.results / name).read_bytes()
    if name.endswith(".docx"):
        content = zipfile.ZipFile(place.results / name).read("word/document.xml")
    digest = hashlib.sha256((place.here / "all.csv").read_bytes()).hexdigest()
    assert digest in content.decode()
    return content.decode().replace(digest, "hash of the input")


def test_a_split_changes_no_byte_of_the_tables(home, one):
    names = [f"part{number}" for number in range(FILES, 0, -1)]
    files = {name: shuffled().gather_every(FILES, place) for place, name in enumerate(names)}
    wanted = [f"tables/{name}.csv" for name in TABLES]
    other = study(home, files, *(f"results/s/{name}" for name in wanted))
    for name in wanted:
        assert other.hashes()[name] == one.hashes()[name], name


def test_the_centre_that_is_off_is_named(one):
    table = pl.read_csv(one.results / "tables" / "centre_places.csv")
    beyond = table.filter(pl.col("place") == "beyond 99.8 %", pl.col("axis") == "lr")
    assert beyond.select("centre", "quantity").rows() == [("C", "group_mean")]
    assert (one.results / "figures" / "centre_funnel.svg").stat().st_size > 0


def test_each_centre_gets_its_answer(one):
    table = pl.read_csv(one.results / "tables" / "centre_verdicts.csv")
    said = {(row["centre"], row["axis"]): row["verdict"] for row in table.rows(named=True)}
    assert said["C", "lr"] == "correct the group mean first"
    assert {said[centre, "lr"] for centre in "ABD"} <= {"enough", "not known"}
    assert {said[centre, "ap"] for centre in CENTRES} <= {
        "too small", "correct the group mean first",
    }  # fmt: skip
    report = (one.results / "report.html").read_text()
    assert "May this centre use this margin" in report
    assert "Centres against each other" in report
