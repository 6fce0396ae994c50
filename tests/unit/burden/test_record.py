"""Records and shipped defaults: refused by the key's name, and a default says that it is one."""

import pytest

from popmargin.burden.defaults import (
    default_records,
    imaging_modalities,
    with_site_records,
)
from popmargin.burden.money import annuity_factor, one_money, present_value
from popmargin.burden.record import Record, status_of, unvalidated
from popmargin.core.exceptions import RefusedInput
from tests.unit.burden.site_records import SITE, money, record

MODALITIES = {
    "ultrasound", "mv_planar", "kv_planar", "stereoscopic_kv", "kv_cbct", "mv_cbct", "mvct",
    "ct_on_rails", "mr_linac", "surface", "kv_planar_with_markers", "em_transponder",
}  # fmt: skip
EVERY = (
    "added_minutes", "rtt_minutes", "physicist_minutes", "physician_minutes",
    "qa_hours_per_month", "training_hours", "capital_cost", "maintenance_share",
    "consumable_cost",
)  # fmt: skip


def test_every_modality_has_every_record_and_says_what_it_sees():
    assert set(imaging_modalities()) == MODALITIES
    records = default_records()
    for name, modality in imaging_modalities().items():
        assert modality.sees
        assert modality.surrogates
        wanted = [*EVERY, *(f"residual_sd_mm.{surrogate}" for surrogate in modality.surrogates)]
        assert {f"{name}.{key}" for key in wanted} <= set(records)
        assert any(key.startswith(f"{name}.organ_dose_mgy") for key in records)


def test_every_shipped_record_has_source_and_status():
    for record_ in default_records().values():
        assert len(record_.source) > 4
        assert record_.status in ("seen", "derived", "recalled")
        assert record_.validated == (record_.status != "recalled")


@pytest.mark.parametrize("name", ["low", "typical", "high"])
@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf"), None])
def test_impossible_and_missing_values_are_refused_by_their_key(name, value):
    stated = {"kv_cbct.added_minutes": record(4, "min") | {name: value}}
    with pytest.raises(RefusedInput, match=rf"kv_cbct\.added_minutes\.{name}"):
        with_site_records(stated)


@pytest.mark.parametrize(
    ("key", "changes", "said"),
    [
        ("kv_cbct.capital_cost", {"currency": None}, "kv_cbct.capital_cost: expected a currency"),
        ("kv_cbct.capital_cost", {"price_year": None}, "expected a price year"),
        ("kv_cbct.capital_cost", {"currency": "USD"}, "kv_cbct.capital_cost"),
        ("kv_cbct.capital_cost", {"unit": "kEUR"}, "kv_cbct.capital_cost.unit"),
        ("kv_cbct.capital_cost", {"unit": None}, "kv_cbct.capital_cost.unit"),
        ("kv_cbct.capital_cost", {"source": ""}, "kv_cbct.capital_cost.source"),
        ("kv_cbct.capital_cost", {"low": 2e6}, "low <= typical <= high"),
        ("kv_cbct.capital_cost", {"price_year": 20}, "kv_cbct.capital_cost.price_year"),
        ("kv_cbct.capital_cost", {"distribution": "normal"}, "kv_cbct.capital_cost.distribution"),
        ("kv_cbct.price", {}, "kv_cbct.price: expected site.<name>"),
        ("kv_cbkt.capital_cost", {}, "kv_cbkt.capital_cost"),
        ("site.wages", {}, "site.wages"),
        ("surface.residual_sd_mm.bone", {"unit": "mm"}, "surface.residual_sd_mm.bone"),
    ],
)
def test_what_cannot_be_is_refused_by_its_key(key, changes, said):
    with pytest.raises(RefusedInput, match=said):
        with_site_records({key: money(350000) | changes})


def test_minutes_do_not_take_a_currency():
    with pytest.raises(RefusedInput, match=r"kv_cbct\.added_minutes: expected no currency"):
        with_site_records({"kv_cbct.added_minutes": record(4, "min", currency="EUR")})


def test_a_site_replaces_a_default_whole_and_is_no_default_any_more():
    records = with_site_records({"kv_cbct.added_minutes": record(3, "min")})
    assert records["kv_cbct.added_minutes"].low == 3
    assert records["kv_cbct.added_minutes"].label == "stated by the site"
    assert records["kv_cbct.rtt_minutes"].label == "default, not validated"


def test_a_guess_of_the_site_stays_a_guess():
    guessed = with_site_records({"site.rtt_count": record(8, "1", status="assumed")})
    assert unvalidated([guessed["site.rtt_count"]]) == ["site.rtt_count"]


def test_status_is_that_of_the_weakest_input():
    seen = Record("a.b", 1, 2, 3, "min", "paper", "seen")
    recalled = Record("a.c", 1, 2, 3, "min", "memory", "recalled")
    assert status_of([seen]) == "published default"
    assert status_of([seen, recalled, seen]) == "default, not validated"


@pytest.mark.parametrize("changed", [{"currency": "USD"}, {"price_year": 2011}])
def test_mixed_money_is_refused_by_the_key(changed):
    records = with_site_records(SITE | {"kv_cbct.capital_cost": money(350000, **changed)})
    with pytest.raises(RefusedInput, match=r"kv_cbct\.capital_cost: expected EUR of 2020"):
        one_money([records["site.rtt_cost_per_year"], records["kv_cbct.capital_cost"]])


def test_nothing_costs_the_same_in_every_currency():
    records = with_site_records(SITE | {"kv_cbct.consumable_cost": money(0, currency="USD")})
    used = [records["site.rtt_cost_per_year"], records["kv_cbct.consumable_cost"]]
    assert one_money(used) == ("EUR", 2020)
    assert one_money([]) is None


def test_annuity_pays_the_capital_back_and_present_value_discounts():
    yearly = float(annuity_factor(0.035, 10))
    assert present_value([yearly] * 10, 0.035, first_year=1) == pytest.approx(1.0, rel=1e-12)
    assert float(annuity_factor(0.0, 8)) == 0.125
    assert present_value([1.0], 0.05, first_year=2) == pytest.approx(1.05**-2, rel=1e-14)
