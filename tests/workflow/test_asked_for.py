"""What a config asks for in its own section: made when asked, by the true workflow, else absent."""

import polars as pl
import pytest

from tests.figures.comparison_tables import comparison_shifts
from tests.workflow.checkout import Checkout

CONFIG = """
study: asked
seed: 5
sources:
  - {label: two masks, path: shifts.csv, quantity: setup_error, timing: before_correction}
errors: {group_by: [site]}
margins: {recipes: [stroom]}
target: {ctv_radius_mm: null, fractions: 4}
"""
ASKED = """
comparison: {between: technique, groups: [mask B, mask A]}
control_chart: {baseline_patients: 12, window_patients: 5}
borrowing:
  - {groups: [lung], site: prostate, quantity: total, state: no correction, between_scale: 0.4}
scenario_shifts: {points: 7, courses: 2, range_percent: 3}
"""
TABLES = ("group_comparison", "control_chart", "borrowed_margins", "scenario_shifts")
FILES = [f"results/asked/tables/{name}.csv" for name in (*TABLES, "course_dependence")]
RULES = {
    "compare_groups", "estimate_control_chart", "estimate_borrowed_margins",
    "list_scenario_shifts",
}  # fmt: skip


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    found = Checkout.copy(tmp_path_factory.mktemp("asked"))
    comparison_shifts(("lung",)).write_csv(found.here / "shifts.csv")
    (found.here / "plain.yaml").write_text(CONFIG)
    (found.here / "asked.yaml").write_text(CONFIG + ASKED)
    return found


def test_what_nobody_asks_for_is_not_made(checkout):
    rules = checkout.would_run("--configfile", "plain.yaml")
    assert "estimate_course_dependence" in rules
    assert not RULES & rules
    assert rules >= {"write_report"}
    assert checkout.would_run("--configfile", "asked.yaml") >= RULES


def test_each_section_makes_its_table(checkout):
    checkout.done("--configfile", "asked.yaml", "--", *FILES)
    tables = {
        name: pl.read_csv(checkout.here / f"results/asked/tables/{name}.csv") for name in TABLES
    }
    compared = tables["group_comparison"]
    assert compared["comparison"].unique().to_list() == ["mask B vs mask A"]
    assert compared["site"].unique().to_list() == ["lung"]
    assert compared["recipe"].unique().to_list() == ["stroom"]
    chart = tables["control_chart"]
    assert chart.filter(chart="ewma", axis="lr").height == 28 - 12
    borrowed = tables["borrowed_margins"]
    assert borrowed["estimator"].unique().to_list() == ["borrowed"]
    assert borrowed["systematic_sd_literature_share"].is_between(0, 1).all()
    shifts = tables["scenario_shifts"]
    assert shifts.filter(kind="sampled").height == 2 * 4
    # The nominal scenario as it is and with both ranges, six others with both.
    assert shifts.filter(pl.col("kind") != "sampled").height == 3 + 6 * 2
