"""A small synthetic study for the explorer, and the library's answer to a setting of it."""

import json

import numpy as np
import polars as pl
from scipy.special import ndtri

from popmargin.core.axes import TRANSLATIONS
from popmargin.errors.population import axis_data_of_table, estimate_population_errors
from popmargin.errors.units import summarise_units
from popmargin.margins.coverage import Target
from popmargin.margins.minimum_dose import courses_of, minimum_doses
from popmargin.margins.registry import find_recipe
from popmargin.reports.explorer_data import explorer_data
from popmargin.statistics.interval import interval_of

SETTINGS = {
    "confidence_level": 0.95, "recipe": "van_herk", "penumbra_sd_mm": 3.2, "dose_level": 0.95,
    "population": 0.9, "recipe_fractions": None, "ctv_radius_mm": 30.0, "fractions": 5,
}  # fmt: skip
SIMULATED = 1000


def study(patients=12, fractions=6, **settings):
    """Explorer data of two groups, one with replayed protocols."""
    rng = np.random.default_rng(7)
    parts = []
    for site in ("lung", 'brain </script> "b"'):
        for number in range(patients):
            error = rng.normal(0, 2, 3) + rng.normal(0, 2.5, (fractions, 3))
            parts.append(
                pl.DataFrame(
                    {
                        "patient_id": f"{site[:4]}{number}", "site": site,
                        "fraction": range(1, fractions + 1),
                        **{f"{a}_mm": error[:, k] for k, a in enumerate(TRANSLATIONS)},
                    }
                )
            )  # fmt: skip
    summaries = summarise_units(pl.concat(parts), group_by=["site"]).summaries()
    estimates, _ = estimate_population_errors(axis_data_of_table(summaries, ["site"]))
    return explorer_data(
        estimates,
        summaries,
        settings={**SETTINGS, **settings},
        protocols=protocols(),
        synthetic=["simulated for the tests"],
    )


def protocols():
    """Residual errors of two protocols as contract ``replayed_errors`` has them."""
    rows = [
        {
            "group": "lung", "protocol": name, "phase": "course", "axis": axis,
            "systematic_sd_mm": systematic, "random_sd_mm": random, "images_per_patient": images,
        }
        for name, systematic, random, images in (("nal", 1.2, 2.6, 3.0), ("daily", 0.3, 1.1, 6.0))
        for axis in TRANSLATIONS
    ]  # fmt: skip
    return pl.DataFrame(rows)


def library_answer(setting, draws=None):
    """Margins, intervals (of ``draws`` by axis) and coverage of a setting, by the library."""
    recipe = find_recipe(setting["recipe"])
    known = {
        "penumbra_sd_mm": setting["penumbra"],
        "dose_level": setting["dose"],
        "population": setting["population"],
    }
    options = {name: value for name, value in known.items() if name in recipe.options}
    margins = [
        float(recipe.margin(S, s, options=options))
        for S, s in zip(setting["systematic"], setting["random"], strict=True)
    ]
    intervals = [
        interval_of(recipe.margin(pairs[:, 0], pairs[:, 1], options=options), 0.95)
        for pairs in draws or []
    ]
    fractions = setting["fractions"]
    unit = np.array([_unit_course(patient, fractions) for patient in range(SIMULATED)])
    shifts = unit[:, :1] * setting["systematic"] + unit[:, 1:] * setting["random"]
    target = Target(setting["radius"], setting["penumbra"], setting["dose"])
    doses = minimum_doses(courses_of(shifts), np.maximum(margins, 0.0), target)
    return margins, [(i.low, i.high) for i in intervals], float(np.mean(doses >= setting["dose"]))


def _unit_course(patient, fractions):
    """Standard normal numbers by the hash of their place, as the page draws them."""
    with np.errstate(over="ignore"):
        place = np.arange(3 * (fractions + 1), dtype=np.uint32) + np.uint32(patient * 303 + 1)
        h = place * np.uint32(0x9E3779B1)
        h = (h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B)
        h = (h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35)
        h ^= h >> np.uint32(16)
    return ndtri((h.astype(np.float64) + 0.5) / 2.0**32).reshape(fractions + 1, 3)


def read(page, name):
    """The value behind an answer of the page."""
    return json.loads(page.locator(f"#x-{name}").get_attribute("data-value"))
