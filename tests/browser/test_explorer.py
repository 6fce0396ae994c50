"""The explorer in a real browser: it answers as the library does, and every control matters."""

import base64

import numpy as np
import pytest

from popmargin.core.axes import TRANSLATIONS
from popmargin.margins.registry import RECIPES
from popmargin.reports.explorer import explorer_part
from popmargin.reports.explorer_data import EXPLORED
from popmargin.reports.page import render_explorer
from tests.browser.explored_study import library_answer, read, study

CONTROLS = [
    ("radius", "12"), ("fractions", "2"), ("penumbra", "6.4"), ("dose", "0.9"),
    ("population", "0.8"), ("systematic-lr", "4.5"), ("random-ap", "5.5"),
]  # fmt: skip


@pytest.fixture(scope="module")
def data():
    return study()


@pytest.fixture(scope="module")
def written(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("explorer") / "explorer.html"
    path.write_text(render_explorer(explorer_part(data), "A <study> & more", "1.0"), "utf-8")
    return path


@pytest.fixture
def page(watched, written):
    opened = watched(written)
    _answered(opened)
    return opened


def _answered(page):
    page.wait_for_function("document.querySelector('#explorer-app').dataset.answered")


def _put(page, values):
    """Set controls at once; the answer of the last change is waited for."""
    page.evaluate(
        """(values) => {
          delete document.querySelector("#explorer-app").dataset.answered;
          for (const [name, value] of Object.entries(values)) {
            const control = document.getElementById(`x-${name}`);
            control.value = value;
            const kind = control.tagName === "SELECT" && name !== "recipe" ? "change" : "input";
            control.dispatchEvent(new Event(kind, { bubbles: true }));
          }
        }""",
        values,
    )
    _answered(page)


def test_the_page_answers_as_the_library_does_on_fifty_settings(page):
    rng = np.random.default_rng(11)
    for number in range(50):
        setting = {
            "recipe": EXPLORED[number % len(EXPLORED)],
            "radius": float(rng.integers(8, 60)),
            "fractions": int(rng.integers(1, 8)),
            "penumbra": round(rng.uniform(1.0, 7.0), 2),
            "dose": round(rng.uniform(0.8, 0.98), 2),
            "population": round(rng.uniform(0.6, 0.98), 2),
            "systematic": np.round(rng.uniform(0, 5, 3), 3),
            "random": np.round(rng.uniform(0, 5, 3), 3),
        }
        flat = {key: str(setting[key]) for key in ("recipe", "radius", "fractions", "penumbra")}
        flat |= {key: str(setting[key]) for key in ("dose", "population")}
        for k, axis in enumerate(TRANSLATIONS):
            flat[f"systematic-{axis}"] = str(setting["systematic"][k])
            flat[f"random-{axis}"] = str(setting["random"][k])
        _put(page, flat)
        margins, _, covered = library_answer(setting)
        found = [read(page, f"margin-{axis}") for axis in TRANSLATIONS]
        assert found == pytest.approx(margins, abs=1e-6), setting
        assert read(page, "sentence")["share"] == pytest.approx(covered, abs=1e-6), setting
        assert all(read(page, f"interval-{axis}") is None for axis in TRANSLATIONS)


@pytest.mark.parametrize("recipe", ["van_herk", "parker", "yoda"])
def test_intervals_of_the_data_are_those_of_the_library(page, data, recipe):
    _put(page, {"recipe": recipe, "group": "1", "penumbra": "4", "population": "0.85"})
    axes = data["groups"][1]["axes"]
    draws = [
        np.frombuffer(base64.b64decode(axis["draws"]), "<f4").reshape(-1, 2).astype(float)
        for axis in axes
    ]
    setting = {
        "recipe": recipe, "radius": 30.0, "fractions": 5, "penumbra": 4.0, "dose": 0.95,
        "population": 0.85, "systematic": [round(a["systematic_sd_mm"], 4) for a in axes],
        "random": [round(a["random_sd_mm"], 4) for a in axes],
    }  # fmt: skip
    _, intervals, _ = library_answer(setting, draws)
    for axis, limits in zip(TRANSLATIONS, intervals, strict=True):
        assert read(page, f"interval-{axis}") == pytest.approx(limits, abs=1e-6)


@pytest.mark.parametrize(("name", "value"), CONTROLS)
def test_every_control_moves_a_number(page, name, value):
    before = page.locator("#explorer-app").inner_text()
    _put(page, {name: value})
    assert page.locator("#explorer-app").inner_text() != before


def test_a_protocol_brings_its_errors_and_a_group_its_own(page):
    assert page.locator("#protocol-frontier").is_hidden() == (
        page.locator("#x-protocol option").count() == 1
    )
    lung = page.locator("#x-group option", has_text="lung").get_attribute("value")
    _put(page, {"group": lung})
    before = read(page, "margin-lr")
    _put(page, {"protocol": "1"})
    assert page.locator("#x-systematic-lr").input_value() == "0.3000"
    assert read(page, "margin-lr") < before
    assert page.locator("#x-interval-lr").inner_text() == "set by hand: none"
    assert page.locator("#protocol-frontier svg").count() == 1
    _put(page, {"group": str(1 - int(lung))})
    assert page.locator("#x-protocol option").count() == 1


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("fractions", "2.5", "Fractions: expected a whole number from 1 to 100"),
        ("dose", "1.2", "Dose level: expected a number from 0.5 to 0.99"),
        ("systematic-si", "", "Systematic SD, superior-inferior, in mm"),
    ],
)
def test_what_cannot_be_computed_is_said_and_no_coverage_given(page, name, value, said):
    page.locator(f"#x-{name}").fill(value)
    assert said in page.locator("#x-problem").inner_text()
    assert page.locator("#x-sentence").inner_text() == ""
    assert page.locator(f"#x-{name}").get_attribute("aria-invalid") == "true"


def test_patients_can_be_selected_by_dragging(page):
    chart = page.locator("#chart-patients svg")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 0.6 * box["height"], steps=4)
    page.mouse.up()
    page.wait_for_function("document.querySelector('#x-selected').textContent.includes('patients')")


def test_the_page_says_what_is_synthetic_and_shows_labels_as_text(page):
    assert "Synthetic patients" in page.locator("#explorer-app").inner_text()
    assert page.locator("#x-group option", has_text='brain </script> "b"').count() == 1
    assert page.title() == "Explorer: A <study> & more"


def test_every_recipe_for_targets_is_explored_or_needs_inputs_of_its_own():
    assert set(EXPLORED) <= set(RECIPES)
    # bir takes offsets and beams; PRV margins are for organs, not targets.
    # A recipe of one's own needs no twin; these three could not have one.
    assert not {"bir", "mckenzie_prv", "mckenzie_prv_parallel"} & set(EXPLORED)


@pytest.mark.parametrize("width", [390, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_finding_of_accessibility_and_nothing_overflows(watched, written, width, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = watched(written, width, scheme)
    _answered(page)
    found = Axe().run(page).response["violations"]
    serious = [f"{f['id']}: {f['nodes'][0]['html'][:200]}" for f in found if f["impact"] in GRAVE]
    assert serious == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


GRAVE = ("serious", "critical")
