"""The report in a real browser: quiet, accessible, sortable, and it fits a phone."""

import pytest
from playwright.sync_api import expect

from popmargin.figures import FIGURES
from popmargin.figures.save import figure_bytes
from popmargin.reports.content import report_parts
from popmargin.reports.explorer import explorer_part
from popmargin.reports.page import render_page
from popmargin.reports.section import PageFigure
from tests.browser.explored_study import study
from tests.figures.synthetic_study import PROVENANCE, STUDY, study_tables

GRAVE = ("serious", "critical")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    tables = study_tables()
    specs = [FIGURES[name] for name in ("patient_means", "margin_recipes")]
    figures = [
        PageFigure(s.name, figure_bytes(s.draw(tables), "svg").decode(), s.title, s.caption, s.alt)
        for s in specs
    ]
    page = render_page(
        report_parts(tables, figures, STUDY, PROVENANCE), explorer_part(study(fractions=3))
    )
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(page, "utf-8")
    return path


@pytest.mark.parametrize("width", [390, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_finding_of_accessibility_and_nothing_overflows(watched, written, width, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = watched(written, width, scheme)
    page.wait_for_function("document.querySelector('#explorer-app').dataset.answered")
    found = Axe().run(page).response["violations"]
    serious = [f"{f['id']}: {f['nodes'][0]['html'][:200]}" for f in found if f["impact"] in GRAVE]
    assert serious == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("width", "opened"), [(390, False), (1400, True)])
def test_the_answer_is_not_pushed_down_by_the_contents(watched, written, width, opened):
    page = watched(written, width)
    contents = page.locator("nav details")
    assert contents.evaluate("details => details.open") is opened
    contents.locator("summary").click()
    assert contents.evaluate("details => details.open") is not opened


def test_headings_sort_and_the_filter_finds(watched, written):
    page = watched(written)
    table = page.locator("main .scroll > table:not(.answers)").filter(
        has=page.locator("th.number button")
    )
    heading = table.first.locator("th.number button").first
    heading.click()
    expect(table.first.locator("th[aria-sort=ascending]")).to_have_count(1)
    heading.click()
    expect(table.first.locator("th[aria-sort=descending]")).to_have_count(1)
    filters = page.locator(".filter input")
    assert filters.count() > 0
    filters.first.fill("no row has these words")
    assert "0 of" in page.locator(".filter output").first.inner_text()


def test_every_entry_of_the_contents_leads_to_its_section(watched, written):
    page = watched(written)
    anchors = page.eval_on_selector_all(
        "nav a", "links => links.map(link => link.getAttribute('href'))"
    )
    assert len(anchors) > 8
    for anchor in anchors:
        assert page.locator(anchor).count() == 1


def test_it_opens_soon_and_prints_without_controls(watched, written):
    page = watched(written)
    loaded = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    assert loaded < 10_000  # the benchmark has the time of an idle machine
    page.emulate_media(media="print")
    assert page.locator("#explorer").is_hidden()
    assert page.locator(".filter").first.is_hidden()
