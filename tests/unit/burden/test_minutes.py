"""Minutes, capacity and the queue at the machine."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.burden.minutes import (
    added_minutes_per_fraction,
    capacity_change,
    patients_per_day,
    slot_needed,
)
from popmargin.burden.queue import simulate_machine_day
from popmargin.core.exceptions import OutOfRange


def day(**changes):
    usual = {
        "patients": 32, "slot_minutes": 15, "treatment_minutes": 12, "treatment_sd_minutes": 3,
        "added_minutes": 0, "imaged_share": 0,
    }  # fmt: skip
    return simulate_machine_day(**(usual | changes), rng=np.random.default_rng(1))


def test_patients_of_a_day_and_what_longer_slots_cost():
    assert patients_per_day(480, 15) == 32
    assert patients_per_day(480, 18, downtime_share=0.1) == pytest.approx(24)
    assert slot_needed(15, 12, 3) == 15
    assert slot_needed(15, 12, 4) == 16
    assert added_minutes_per_fraction(4, 0, 30) == 0


@settings(deadline=None, max_examples=50)
@given(slot=st.floats(1, 60), added=st.floats(0, 60))
def test_capacity_change_is_the_ratio_of_patients(slot, added):
    ratio = patients_per_day(480, slot + added) / patients_per_day(480, slot) - 1
    assert capacity_change(slot, added) == pytest.approx(ratio, abs=1e-12)


def test_every_patient_waits_for_the_excess_of_those_before():
    found = day(patients=5, treatment_minutes=15, treatment_sd_minutes=0, added_minutes=2,
                imaged_share=1)  # fmt: skip
    assert found.waiting_minutes == pytest.approx(2 * (0 + 1 + 2 + 3 + 4) / 5)
    assert found.longest_waiting_minutes == 8
    assert found.overtime_minutes == 10
    assert found.waiting_standard_error == 0


def test_a_short_certain_treatment_makes_nobody_wait():
    found = day(treatment_sd_minutes=0)
    assert (found.waiting_minutes, found.overtime_minutes) == (0, 0)


def test_waiting_stays_below_the_bound_of_kingman_and_the_same_days_wait_longer_with_images():
    plain = day()
    # Kingman 1962: E[W] <= var(S) / (2 (slot - E[S])) for arrivals at fixed times.
    assert 0 < plain.waiting_minutes <= 3**2 / (2 * (15 - 12))
    assert day(added_minutes=4, imaged_share=0.5).waiting_minutes > plain.waiting_minutes
    full = day(added_minutes=4, imaged_share=1)
    assert full.waiting_minutes > 10
    assert full.overtime_minutes == pytest.approx(32 * 1.0, abs=8)


def test_waiting_is_lindleys_recursion_in_a_plain_loop():
    rng = np.random.default_rng(5)
    found = simulate_machine_day(
        patients=6, slot_minutes=10, treatment_minutes=9, treatment_sd_minutes=3, added_minutes=2,
        imaged_share=0.5, rng=rng, days=3,
    )  # fmt: skip
    again = np.random.default_rng(5)
    times = again.gamma(9.0, 1.0, (3, 6)) + 2.0 * (again.random((3, 6)) < 0.5)
    waits = []
    for row in times:
        waiting = 0.0
        for minutes in row:
            waits.append(waiting)
            waiting = max(0.0, waiting + minutes - 10)
    assert found.waiting_minutes == pytest.approx(np.mean(waits), rel=1e-12)


@pytest.mark.parametrize(
    "changes",
    [{"imaged_share": 1.1}, {"slot_minutes": 0}, {"added_minutes": -1}, {"patients": 0}],
)
def test_impossible_days_are_refused(changes):
    with pytest.raises(OutOfRange, match=next(iter(changes))):
        day(**changes)


@pytest.mark.parametrize("arguments", [(-1, 9, 35), (4, -1, 35), (4, 9, 0), (float("nan"), 1, 1)])
def test_negative_minutes_are_refused(arguments):
    with pytest.raises(OutOfRange):
        added_minutes_per_fraction(*arguments)
    with pytest.raises(OutOfRange, match="downtime_share"):
        patients_per_day(480, 15, downtime_share=1)
