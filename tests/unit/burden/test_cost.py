"""Time-driven costing of an image, by hand."""

import numpy as np
import pytest

from popmargin.burden.cost import (
    capacity_rate,
    capital_charge_per_fraction,
    cost_keys,
    cost_per_image,
)
from popmargin.burden.defaults import with_site_records
from popmargin.burden.evaluate import typical_values
from popmargin.core.exceptions import OutOfRange
from tests.unit.burden.site_records import SITE, money


def values(**more):
    return typical_values(with_site_records(SITE | more))


def test_an_image_by_hand():
    parts = {k: float(v[0]) for k, v in cost_per_image(values(), "kv_cbct").items()}
    # 8 radiotherapist minutes at 0.60, 0.3 of a physicist at 1.00, 0.5 of a physician at 1.40
    assert parts["staff"] == pytest.approx(8 * 0.6 + 0.3 * 1.0 + 0.5 * 1.4)
    assert parts["machine"] == pytest.approx(4 * 400000 / 115000)
    annuity = 0.035 / (1 - 1.035**-10)
    yearly = 350000 * (annuity + 0.10) + 4 * 12 * 60 * 1.0 + 20 * 6 * 60 * 0.6 / 10
    assert parts["device"] == pytest.approx(yearly / 7936)
    assert parts["marginal"] == parts["staff"]
    assert parts["full"] == pytest.approx(parts["staff"] + parts["machine"] + parts["device"])


def test_a_measured_cost_takes_the_place_of_the_built_up_one():
    measured = values(**{"kv_cbct.cost_per_image": money(30)})
    assert cost_per_image(measured, "kv_cbct")["full"] == 30


def test_the_keys_of_a_cost_are_those_that_it_reads():
    known = values()
    # What a patient needs once is added to a course, not to an image.
    read = [key for key in cost_keys("mvct") if key != "mvct.consumable_cost"]
    for key in read:
        with pytest.raises(KeyError, match=key):
            cost_per_image({k: v for k, v in known.items() if k != key}, "mvct")


def test_full_cost_rises_with_every_price():
    before = float(cost_per_image(values(), "kv_cbct")["full"][0])
    for key in ("site.rtt_cost_per_year", "site.machine_cost_per_year", "kv_cbct.capital_cost"):
        assert float(cost_per_image(values(**{key: money(900000)}), "kv_cbct")["full"][0]) > before


def test_impossible_costs_are_refused():
    with pytest.raises(OutOfRange, match="practical_minutes"):
        capacity_rate(1, 0)
    with pytest.raises(OutOfRange, match="cost_per_year"):
        capacity_rate(-1, 100)
    with pytest.raises(OutOfRange, match="capital_cost"):
        capital_charge_per_fraction(
            np.array(-1.0), 0.1, discount_rate=0.035, lifetime_years=10, fractions_per_year=8000
        )
