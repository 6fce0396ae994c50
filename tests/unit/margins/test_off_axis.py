"""Margin against distance from the isocentre: by hand, by simulation, and what is refused."""

import numpy as np
import polars as pl
import pytest

from popmargin.core.exceptions import OutOfRange, RefusedInput
from popmargin.errors.population import axis_data, estimate_population_errors
from popmargin.errors.units import summarise_units
from popmargin.margins.error_budget import ErrorComponent
from popmargin.margins.off_axis import estimate_off_axis_margins
from popmargin.margins.registry import find_recipe
from popmargin.margins.rotations import direction_factors, isotropic_rotation_sd
from tests.figures.comparison_tables import ROTATION, comparison_shifts

RECIPE = find_recipe("van_herk_linear")


def turned_shifts():
    shifts = comparison_shifts(("lung",))
    generator = np.random.default_rng(5)
    patients = shifts["patient_id"].unique(maintain_order=True).to_list()
    means = {name: generator.normal(0, [0.4, 0.8, 0.6]) for name in patients}
    turns = np.array([means[name] for name in shifts["patient_id"]])
    turns = turns + generator.normal(0, 0.5, turns.shape)
    names = ("pitch_deg", "roll_deg", "yaw_deg")
    return shifts.with_columns(pl.Series(n, turns[:, i]) for i, n in enumerate(names))


@pytest.fixture(scope="module")
def estimates():
    units = summarise_units(turned_shifts(), group_by=["site"])
    return estimate_population_errors(axis_data(units))[0]


def rows_at(estimates, distances, **how):
    rows = estimate_off_axis_margins(
        estimates, RECIPE, distances_mm=distances, covers="set-up error only", **how
    )
    return {(row["axis"], row["distance_mm"]): row for row in rows}


def test_at_the_isocentre_rotations_add_nothing(estimates):
    for item in estimates[:3]:
        row = rows_at(estimates, [0])[item.axis, 0.0]
        own = 2.5 * item.estimate.systematic_sd + 0.7 * item.estimate.random_sd
        assert row["margin_mm"] == pytest.approx(own)
        assert row["margin_worst_direction_mm"] == pytest.approx(own)


def test_stated_rotations_by_hand(estimates):
    row = rows_at(estimates, [60], rotation=ROTATION)["si", 60.0]
    assert row["rotation_systematic_sd_mm"] == pytest.approx(float(isotropic_rotation_sd(60, 0.5)))
    assert row["rotation_random_sd_mm"] == pytest.approx(float(isotropic_rotation_sd(60, 0.7)))
    item = estimates[1].estimate
    systematic = np.hypot(item.systematic_sd, row["rotation_systematic_sd_mm"])
    random = np.hypot(item.random_sd, row["rotation_random_sd_mm"])
    assert row["margin_mm"] == pytest.approx(2.5 * systematic + 0.7 * random)
    worst = np.radians([0.5, 0.7]) * 60
    expected = 2.5 * np.hypot(item.systematic_sd, worst[0]) + 0.7 * np.hypot(
        item.random_sd, worst[1]
    )
    assert row["margin_worst_direction_mm"] == pytest.approx(expected)
    assert row["margin_low_mm"] < row["margin_mm"] < row["margin_upper_mm"] < row["margin_high_mm"]
    assert "rotation" in row["covers"]


def test_rotations_of_the_data_displace_as_simulated_ones_do(estimates):
    sds = {item.axis: item.estimate.systematic_sd for item in estimates}
    turns = np.radians([sds["pitch"], sds["roll"], sds["yaw"]])
    generator = np.random.default_rng(2)
    levers = generator.normal(size=(400_000, 3))
    levers *= 60.0 / np.linalg.norm(levers, axis=1, keepdims=True)
    moved = np.cross(generator.normal(0, turns, levers.shape), levers)
    for place, axis in enumerate(("lr", "si", "ap")):
        row = rows_at(estimates, [60])[axis, 60.0]
        assert row["rotation_source"] == "data of the study"
        # Standard error of the simulated SD is about 0.2 %.
        assert row["rotation_systematic_sd_mm"] == pytest.approx(moved[:, place].std(), rel=0.01)


def test_margins_grow_with_distance_and_hold_the_budget(estimates):
    part = ErrorComponent("delineation", "systematic", 1.0, 1.0, 1.0, "study")
    plain = rows_at(estimates, [0, 40, 80])
    whole = rows_at(estimates, [0, 40, 80], components=[part], complete=True)
    for axis in ("lr", "si", "ap"):
        growing = [plain[axis, d]["margin_mm"] for d in (0.0, 40.0, 80.0)]
        assert np.all(np.diff(growing) > 0)
        assert whole[axis, 40.0]["margin_mm"] > plain[axis, 40.0]["margin_mm"]
    assert whole["lr", 0.0]["called"] == "PTV margin"
    assert plain["lr", 0.0]["called"] == "margin for the listed errors"


def test_without_rotations_there_is_a_reason_and_no_number():
    units = summarise_units(comparison_shifts(("lung",)), group_by=["site"])
    row = rows_at(estimate_population_errors(axis_data(units))[0], [30])["lr", 30.0]
    assert row["margin_mm"] is None
    assert "pitch not measured" in row["reason"]


def test_impossible_requests_are_refused(estimates):
    with pytest.raises(RefusedInput, match="kidney"):
        rows_at(estimates, [30], groups=["kidney"])
    with pytest.raises(OutOfRange, match="distance_mm"):
        direction_factors(-1.0)
    assert rows_at(estimates, [30], withheld=True)["lr", 30.0]["margin_mm"] is None
