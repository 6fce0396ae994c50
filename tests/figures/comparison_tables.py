"""Result tables of comparison, control charts, dependence, borrowing and scenarios, by the library.

Made from small drawn cohorts, one a group: pictures and pages need true shapes, not true numbers.
"""

from datetime import datetime, timedelta

import numpy as np
import polars as pl

from popmargin.errors.comparison import compare_groups
from popmargin.errors.control_chart import estimate_control_chart
from popmargin.errors.course_dependence import estimate_course_dependence
from popmargin.errors.population import axis_data, estimate_population_errors
from popmargin.errors.select import select_images
from popmargin.errors.units import summarise_units
from popmargin.margins.borrowing import borrow_for_groups
from popmargin.margins.comparison import compare_margins
from popmargin.margins.off_axis import estimate_off_axis_margins
from popmargin.margins.registry import find_recipe
from popmargin.margins.risk_volumes import estimate_risk_volume_margins
from popmargin.margins.scenario_errors import scenario_errors, scenario_rows
from popmargin.pipeline.rows import in_both_units, rows_table
from popmargin.tables.contract import find_contract
from popmargin.tables.write import conform

AXES = ("lr_mm", "si_mm", "ap_mm")
RECIPE = [find_recipe("van_herk")]
PRIOR = {
    "site": "prostate", "quantity": "total", "state": "no correction", "between_scale": 0.4,
    "most_patients": 10,
}  # fmt: skip

ORGAN = {
    "organ": "rectum", "response": "parallel", "groups": None,
    "components": [
        {"component": "organ motion", "kind": "systematic", "lr_mm": 1.0, "si_mm": 2.0,
         "ap_mm": 3.0, "source": "made up", "degrees_of_freedom": 9},
    ],
}  # fmt: skip

ROTATION = {"systematic_sd_deg": 0.5, "random_sd_deg": 0.7, "source": "made up"}


def comparison_shifts(names: tuple[str, ...]) -> pl.DataFrame:
    """28 patients a group in the order of their start, the later half in another mask."""
    generator = np.random.default_rng(11)
    rows = []
    for name in names:
        for patient in range(28):
            mean = generator.normal(0.0, 2.0, 3) + (4.0 if patient > 23 else 0.0)
            start = datetime(2024, 1, 8) + timedelta(days=9 * patient)
            for fraction in range(1, 5):
                error = (mean + generator.normal(0.0, 1.5, 3)).round(1).tolist()
                mask = "mask A" if patient < 14 else "mask B"
                day = start + timedelta(days=fraction)
                rows.append((name, f"p{patient}", fraction, mask, day, *error))
    columns = ["site", "patient_id", "fraction", "technique", "acquired_at", *AXES]
    return pl.DataFrame(rows, schema=columns, orient="row")


def comparison_tables(names: tuple[str, ...]) -> dict[str, pl.DataFrame]:
    """The seven tables, groups named ``names``."""
    shifts = comparison_shifts(names)
    by_site = summarise_units(shifts, group_by=["site"])
    estimates, _ = estimate_population_errors(axis_data(by_site))
    compared, _ = compare_groups(
        summarise_units(shifts, group_by=["site", "technique"]), "technique"
    )
    chosen = select_images(shifts.lazy(), group_by=["site"]).collect()
    entry = {"groups": list(names)[:1], **PRIOR}
    rows = {
        "group_comparison": compare_margins(compared, RECIPE, covers="test")[0],
        "control_chart": estimate_control_chart(shifts, group_by=["site"])[0],
        "course_dependence": estimate_course_dependence(chosen, group_by=["site"])[0],
        "risk_volume_margins": estimate_risk_volume_margins(estimates, [ORGAN], covers="test")[0],
        "off_axis_margins": estimate_off_axis_margins(
            estimates, *RECIPE, distances_mm=[0, 30, 60], covers="test", rotation=ROTATION
        ),
        "borrowed_margins": borrow_for_groups(estimates, [entry], RECIPE, covers="test")[0],
        "scenario_shifts": scenario_rows(scenario_errors(estimates, []), courses=2, fractions=3)[0],
    }
    return {
        name: conform(rows_table(in_both_units(found), name, ["site"]), find_contract(name))
        for name, found in rows.items()
    }
