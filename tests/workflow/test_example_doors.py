"""The example reads its cohorts as clinics have theirs, and still gives the published figures."""

import re
import zipfile
from math import sqrt
from statistics import mean, stdev, variance

import polars as pl
import pytest

from popmargin.cohorts.exports.write import LAYOUTS, write_export_folder, write_export_workbook
from popmargin.cohorts.published import example_cohorts, published_cohort
from popmargin.core.axes import TRANSLATIONS
from popmargin.core.exceptions import WrongUsage
from popmargin.core.random_streams import random_stream
from popmargin.core.resources import resource_path
from popmargin.pipeline.config import load_study
from popmargin.pipeline.digests import content_digest
from popmargin.pipeline.reading import read_declared
from tests.workflow.checkout import Checkout

EXAMPLE = load_study(resource_path("config", "config.yaml"))
WRITTEN = [source for source in EXAMPLE.sources if source.export]


def cohort_of(source):
    stream = random_stream(EXAMPLE.values["seed"], "cohort", source.cohort)
    return published_cohort(source.cohort, rng=stream)


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    """Label -> what the example would read."""
    folder = tmp_path_factory.mktemp("exports")
    found = {}
    for source in WRITTEN:
        path = folder / f"{source.cohort}.{source.export}"
        if not path.exists():
            if source.export == "xlsx":
                write_export_workbook(cohort_of(source), path)
            else:
                write_export_folder(cohort_of(source), path, source.export)
        found[source.label] = path
    return found


def test_every_layout_stands_in_the_example():
    assert {source.export for source in WRITTEN} == {*LAYOUTS, "xlsx"}
    assert {source.declared["reader"] for source in WRITTEN} >= {"auto", "table", "offline_review"}


@pytest.mark.parametrize(
    "source", [s for s in WRITTEN if s.table == "shifts"], ids=lambda s: s.export
)
def test_published_figures_come_back(source, exports):
    table = read_declared(exports[source.label], source.declared)
    frame = table.complete()
    truth = cohort_of(source)
    assert frame.height == truth.height
    key = ["patient_id", "fraction"]
    both = truth.join(frame.with_columns(pl.col("fraction").cast(pl.Int64)), on=key, suffix="_read")
    assert both.height == truth.height, "ids or fractions differ"
    published = {r["axis"]: r for r in example_cohorts().filter(label=source.cohort).to_dicts()}
    for axis in TRANSLATIONS:
        worst = (both[f"{axis}_mm"] - both[f"{axis}_mm_read"]).abs().max()
        assert worst <= 0.05 + 1e-9, "printed to 0.1 mm"
        rows = frame.select("patient_id", f"{axis}_mm").rows()
        courses = {}
        for patient, value in rows:
            courses.setdefault(patient, []).append(value)
        means = [mean(values) for values in courses.values()]
        random = sqrt(mean(variance(values) for values in courses.values()))
        found = (mean(means), stdev(means), random)
        names = ("group_mean_mm", "systematic_sd_mm", "random_sd_mm")
        # Rounding to 0.1 mm moves a mean of hundreds by microns, and sigma = 0.31 by 3 of them.
        assert found == pytest.approx([published[axis][name] for name in names], abs=0.003)


def test_volumes_of_structures_come_back(exports):
    source = next(source for source in WRITTEN if source.table == "anatomy")
    frame = read_declared(exports[source.label], source.declared).complete()
    assert frame.height == 24
    # The treatment records of the same days tell the fractions: planning, start, thirds, end.
    course = frame.sort("patient_id", "fraction")["fraction"].to_list()[:4]
    assert course[0] == 0
    assert course[1] > 5
    assert course[3] > 20
    assert set(frame.select("structure", "side").rows()) == {("parotid", "left")}
    first = sorted(frame["value"].to_list())[:4][::-1]
    # A prism of 60 sides, radius 15 mm, 11 slices of 3 mm: 23.3 cc; it shrinks.
    assert first[0] == pytest.approx(0.5 * 60 * 15**2 * 0.10452846 * 33 / 1000, rel=1e-4)
    assert first == sorted(first, reverse=True)


def test_the_same_cohort_gives_the_same_bytes(tmp_path, exports):
    source = next(source for source in WRITTEN if source.export == "dicom")
    small = cohort_of(source).filter(pl.col("fraction") < 3)
    write_export_folder(small, tmp_path / "a", "dicom")
    write_export_folder(small, tmp_path / "b", "dicom")
    digests = {content_digest(tmp_path / name, tmp_path / "cache") for name in "ab"}
    assert len(digests) == 1


def test_a_workbook_does_not_hold_when_it_was_written(tmp_path):
    source = next(source for source in WRITTEN if source.export == "xlsx")
    write_export_workbook(cohort_of(source).filter(pl.col("fraction") < 2), tmp_path / "a.xlsx")
    said = zipfile.ZipFile(tmp_path / "a.xlsx").read("docProps/core.xml").decode()
    assert set(re.findall(r">(\d{4}-\d\d-\d\dT[^<]*)<", said)) == {"2000-01-01T00:00:00Z"}


def test_an_unknown_layout_is_refused(tmp_path):
    with pytest.raises(WrongUsage, match="offline_review, xvi_mosaiq, dicom"):
        write_export_folder(pl.DataFrame(), tmp_path / "x", "aria")


def test_the_workflow_writes_and_reads_them(tmp_path):
    checkout = Checkout.copy(tmp_path)
    config = str(checkout.home / "config" / "config.yaml")
    checkout.done("--configfile", config, "--until", "combine_shifts", "combine_anatomy")
    made = checkout.here / "results" / "example" / "intermediate"
    assert len([path for path in (made / "export_1").iterdir() if path.suffix == ".txt"]) == 23
    assert not (made / "export_7").exists(), "two sources share one export"
    ledger = pl.read_csv(made / "shifts_ledger.csv", infer_schema_length=None)
    used = dict(ledger.filter(status="used").select("source", "rows").rows())
    written = [source for source in WRITTEN if source.table == "shifts"]
    assert [used[source.label] for source in written] == [805, 980, 805, 1050]
    would = checkout.would_run("--configfile", config, "--until", "combine_shifts")
    assert would == set()
