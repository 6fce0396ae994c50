"""The page: self-contained, escaped, deterministic, with the sections that have data."""

import hashlib
import re
from base64 import b64encode
from html.parser import HTMLParser

import polars as pl
import pytest

from popmargin.figures import FIGURES
from popmargin.figures.save import figure_bytes
from popmargin.reports.content import report_parts
from popmargin.reports.page import render_page, write_report
from popmargin.reports.section import PageFigure
from tests.figures.synthetic_study import PROVENANCE, STUDY, flags, study_tables
from tests.figures.synthetic_tables import HOSTILE


class Page(HTMLParser):
    """Tags, ids, references and text of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.links, self.texts = [], [], [], []
        self.handle_data = self.texts.append
        self.feed(text)
        self.text = " ".join(" ".join(self.texts).split())

    def handle_starttag(self, tag, attributes):
        """Keep what the tests look at."""
        values = dict(attributes)
        self.tags.append(tag)
        self.ids += [values["id"]] if "id" in values else []
        self.links += [values[k] for k in ("href", "src", "xlink:href") if k in values]


@pytest.fixture(scope="module")
def figures():
    tables = study_tables()
    specs = [FIGURES[name] for name in ("patient_means", "vector_length")]
    svgs = [figure_bytes(spec.draw(tables), "svg").decode() for spec in specs]
    return [
        PageFigure(spec.name, svg, spec.title, spec.caption, spec.alt)
        for spec, svg in zip(specs, svgs, strict=True)
    ]


@pytest.fixture(scope="module")
def report(figures):
    return render_page(report_parts(study_tables(), figures, STUDY, PROVENANCE))


def test_every_section_with_data_is_there_in_order(report):
    anchors = re.findall(r'<section id="([a-z]+)"', report)
    assert anchors == [
        "answer", "cohort", "errors", "rotations", "correlations", "course", "comparison",
        "centres", "centreplaces", "charts", "margins", "verdicts", "borrowing", "organs",
        "offaxis",
        "coverage", "scenarios", "budget", "replay", "protocols", "burden", "knowing", "thresholds",
        "organdoses", "indications", "intrafraction", "reimaging",
        "breathing", "strategies", "anatomy", "change", "steps", "mobility", "filling", "depth",
        "triggers",
        "schedules", "predictors", "response", "dose", "fits", "outcomes", "associations",
        "weighted", "balance", "prediction", "evidence", "trial",
        "literature", "figures", "methods", "limits", "assumed", "inputs", "cheers", "flags",
        "provenance",
    ]  # fmt: skip
    assert all(f'href="#{anchor}"' in report for anchor in anchors)


def test_sections_without_data_are_absent():
    margins = study_tables()["margins"]
    page = render_page(
        report_parts({"margins": margins, "anatomy_errors": pl.DataFrame()}, [], {}, {})
    )
    assert re.findall(r'<section id="([a-z]+)"', page) == ["answer", "margins", "methods", "limits"]
    assert render_page(report_parts({}, [], {}, {})).count("No margin was computed.") == 1


def test_nothing_is_requested_from_elsewhere(report):
    page = Page(report)
    assert set(page.tags).isdisjoint({"link", "img", "iframe", "object", "embed", "image"})
    assert all(link.startswith("#") for link in page.links)
    assert "@import" not in report
    script = re.search(r"<script>(.*?)</script>", report, re.DOTALL).group(1)
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    sources = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}';"
    assert sources in report


def test_ids_are_unique_and_every_link_has_its_target(report):
    page = Page(report)
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links} <= set(page.ids)


def test_says_what_it_is_and_whose_patients_are_synthetic(report):
    text = Page(report).text
    assert text.count("Research tool, not a medical device") >= 2
    assert "Synthetic patients." in text
    assert "set-up component without image guidance" in text
    assert not re.search("(?<!not a )PTV margin", text)


def test_errors_show_both_estimators_with_intervals(report):
    text = Page(report).text
    row = study_tables()["population_errors"].row(0, named=True)
    assert row["estimator"] == "anova"
    low, high = row["systematic_sd_low_mm"], row["systematic_sd_high_mm"]
    assert f"{row['systematic_sd_mm']:.2f} ({low:.2f} to {high:.2f})" in text
    assert "Σ, conventional" in text


def test_literature_that_does_not_reproduce_is_listed(report):
    text = Page(report).text
    assert "72 published rows were read. 48 of them state a margin" in text
    assert "4 of these do not follow from their own printed numbers" in text


def test_blocking_flag_comes_first_and_override_is_told():
    tables = study_tables() | {"flags": flags(("ids_merged", "block", "two ids are one <b>"))}
    study = STUDY | {"overrides": [{"flag": "duplicates", "reason": "looked at, exported twice"}]}
    page = render_page(report_parts(tables, [], study, PROVENANCE))
    assert page.index("Margins are withheld.") < page.index('class="card')
    assert "two ids are one &lt;b&gt;" in page
    assert "looked at, exported twice" in page


@pytest.mark.parametrize("label", HOSTILE)
def test_hostile_labels_are_text(label):
    tables = {
        name: table.with_columns(pl.lit(label).alias("group"))
        if "group" in table.columns
        else table
        for name, table in study_tables().items()
    }
    study = STUDY | {"title": label, "sources": [{"label": label, "synthetic": {"cohort": "x"}}]}
    page = Page(render_page(report_parts(tables, [], study, PROVENANCE)))
    assert page.tags.count("script") == 1
    assert "svg" not in page.tags
    assert "\u202e" not in page.text
    shown = " ".join(label.replace("\u202e", " ").split())
    assert shown[:200] in page.text


def test_same_arguments_same_bytes(report, figures, tmp_path):
    assert render_page(report_parts(study_tables(), figures, STUDY, PROVENANCE)) == report
    write_report(report, tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text("utf-8") == report


def test_long_lists_of_flags_are_cut_and_counted():
    many = flags(*(("row_set_aside", "info", f"row {i}") for i in range(150)))
    text = Page(render_page(report_parts({"flags": many}, [], {}, {}))).text
    assert "50 more are in the table of flags." in text


def test_a_number_stays_on_the_line_of_its_unit():
    study = {**STUDY, "title": "95 % within 3 mm, 2 mmm, 5 patients; \u03b1 %"}
    (title,) = re.findall("<title>(.*?)</title>", render_page(report_parts({}, [], study, {})))
    assert title.startswith("95\xa0% within 3\xa0mm, 2 mmm, 5 patients; \u03b1 %")
