"""The burden of a study: rows, frontier, what is missing, what is withheld, what it rests on."""

import math
import time

import numpy as np
import pytest

from popmargin.burden.acceptability import acceptability_rows
from popmargin.burden.burden_rows import burden_rows
from popmargin.burden.comparison import WITHHELD, Comparison
from popmargin.burden.sensitivity import sensitivity_rows
from popmargin.burden.strategies import ReplayOptions, Strategy
from popmargin.burden.study import estimate_burden
from popmargin.core.exceptions import OutOfRange, RefusedInput, WrongUsage
from popmargin.protocols.parse import parse_protocol
from tests.unit.burden.cohort import SECTION, ask, burden, by_option, selected
from tests.unit.burden.site_records import SITE, money, record


@pytest.fixture(scope="module")
def found():
    return burden()


def test_one_row_a_protocol_and_modality(found):
    rows = by_option(found)
    assert len(rows) == len(found.tables["burden"]) == 1 + 3 * 2
    daily = rows["daily", "kv_cbct"]
    assert daily["images_per_course"] == 35
    assert daily["minutes_per_course"] == 35 * 4
    assert daily["imaging_dose_mgy"] == pytest.approx(35 * 19)
    assert daily["prescription_share_percent"] == pytest.approx(100 * 0.665 / 70)
    assert (daily["currency"], daily["price_year"]) == ("EUR", 2020)
    assert daily["cost_per_course"] > daily["marginal_cost_per_course"] > 0
    assert rows["nal:images=3", "kv_cbct"]["cost_per_course"] == pytest.approx(
        daily["cost_per_course"] * 3 / 35
    )


def test_no_row_holds_nan_and_every_estimate_has_its_interval(found):
    for table in found.tables.values():
        for row in table:
            assert not [k for k, v in row.items() if isinstance(v, float) and not math.isfinite(v)]
    for row in found.tables["burden"]:
        for name in ("margin{}_mm", "ptv{}_cc", "minutes_per_course{}", "cost_per_course{}",
                     "imaging_dose{}_mgy"):  # fmt: skip
            low, value, high = (row[name.format(end)] for end in ("_low", "", "_high"))
            assert low <= value <= high, name


def test_a_group_logged_under_a_correction_that_was_not_kept_is_not_priced():
    options = ReplayOptions(in_use=parse_protocol("nal:images=3"))
    lost = estimate_burden(selected(), ask(), options=options)
    assert lost.tables["burden"] == []
    (flag,) = [flag for flag in lost.flags if flag.code == "burden_not_estimable"]
    assert "carried is not logged" in flag.message


def test_no_imaging_takes_nothing(found):
    row = by_option(found)["no_imaging", "none"]
    for name in ("minutes_per_course", "cost_per_course", "imaging_dose_mgy", "margin_saved_mm"):
        assert row[name] == 0
    assert row["on_frontier"]


def test_the_frontier_names_who_dominates(found):
    rows = by_option(found)
    # kV planar takes less of everything here and leaves less behind.
    assert rows["daily", "kv_cbct"]["dominated_by"] == "daily with kv_planar"
    assert rows["daily", "kv_planar"]["dominated_by"] is None


def test_the_sentence_that_names_an_option_says_what_it_rests_on(found):
    (sentence,) = found.sentences
    assert "daily with kv_planar" in sentence
    assert "default, not validated" in sentence
    assert sentence.count(". ") == 0
    assert "kv_cbct.added_minutes" in by_option(found)["daily", "kv_cbct"]["rests_on"]


def test_a_site_that_states_everything_rests_on_no_default():
    own = {
        key: {
            "low": r.low, "typical": r.typical, "high": r.high, "unit": r.unit,
            "currency": r.currency, "price_year": r.price_year, "source": "measured here",
            "distribution": r.distribution,
        }
        for key, r in ask().records.items()
        if key.startswith(("site.", "kv_planar."))
    }  # fmt: skip
    all_own = burden(records=own, modalities=["kv_planar"])
    assert all(row["rests_on"] == "" for row in all_own.tables["burden"])
    assert {row["status"] for row in all_own.tables["burden"]} == {"stated by the site"}
    assert "without any default that is not validated" in all_own.sentences[0]


def test_without_prices_there_is_no_cost_and_the_reason_names_what_is_missing():
    bare = burden(records={})
    row = by_option(bare)["daily", "kv_cbct"]
    assert row["cost_per_course"] is row["currency"] is row["on_frontier"] is None
    assert "state site.rtt_cost_per_year" in row["reason"]
    assert row["minutes_per_course"] == 140
    assert bare.tables["burden_acceptability"] == bare.tables["burden_sensitivity"] == []
    assert "no option" not in bare.sentences[0] or "says what is missing" in bare.sentences[0]
    assert "cost_not_estimable" in [flag.code for flag in bare.flags]


def test_without_prices_other_criteria_still_compare():
    bare = burden(records={}, criteria=["margin_mm", "imaging_dose_mgy"])
    assert by_option(bare)["daily", "kv_planar"]["on_frontier"]


def test_withheld_margins_leave_time_and_cost():
    held = burden(withheld=True)
    row = by_option(held)["daily", "kv_cbct"]
    assert row["margin_mm"] is row["ptv_cc"] is row["margin_saved_mm"] is None
    assert row["reason"].startswith(WITHHELD)
    assert row["cost_per_course"] > 0
    assert held.tables["burden_break_even"] == []
    assert [row["applies"] for row in held.tables["imaging_indications"]
            if row["code"] == "measured_benefit"] == ["not estimable"]  # fmt: skip


def test_imaging_dose_above_five_percent_is_flagged():
    high = {"kv_cbct.organ_dose_mgy.pelvis": record(120, "mGy")}
    codes = [flag.code for flag in burden(records=SITE | high).flags]
    assert "imaging_dose_above_limit" in codes
    assert "imaging_dose_above_limit" not in [flag.code for flag in burden().flags]


def test_another_modality_changes_no_other_row(found):
    more = by_option(burden(modalities=["kv_cbct", "kv_planar", "mvct"]))
    drop = ("on_frontier", "dominated_by", "frontier_dose", "frontier_cost", "frontier_minutes",
            "frontier_images")  # fmt: skip
    for key, row in by_option(found).items():
        assert {k: v for k, v in row.items() if k not in drop} == {
            k: v for k, v in more[key].items() if k not in drop
        }


def test_break_even_images_of_a_row_lie_on_the_curve(found):
    row = by_option(found)["daily", "kv_cbct"]
    curve = [r for r in found.tables["burden_break_even"] if r["modality"] == "kv_cbct"]
    value = np.interp(
        row["margin_saved_mm"],
        [r["margin_saved_mm"] for r in curve],
        [r["break_even_images"] for r in curve],
    )
    assert row["break_even_images"] == pytest.approx(value, rel=1e-3)


def test_tornado_is_the_cost_with_one_input_moved(found):
    rows = found.tables["burden_sensitivity"]
    assert [row["swing"] for row in rows] == sorted((r["swing"] for r in rows), reverse=True)
    wages = next(row for row in rows if row["key"] == "site.rtt_cost_per_year")
    for end in ("low", "high"):
        moved = burden(records=SITE | {"site.rtt_cost_per_year": money(wages[end])})
        option = by_option(moved)[wages["protocol"], wages["modality"]]
        assert option["cost_difference"] == pytest.approx(wages[f"cost_difference_at_{end}"])


def test_acceptability_adds_to_one_and_starts_with_the_cheapest(found):
    rows = found.tables["burden_acceptability"]
    for pay in {row["willingness_to_pay"] for row in rows}:
        total = sum(r["probability_best"] for r in rows if r["willingness_to_pay"] == pay)
        assert total == pytest.approx(1.0)
    free = [r for r in rows if r["willingness_to_pay"] == 0 and r["probability_best"] > 0]
    assert [row["protocol"] for row in free] == ["no_imaging"]


def test_toxicity_turns_millimetres_into_qalys():
    toxic = {
        "toxicity.probability_per_mm": record(0.01, "1", distribution="fixed"),
        "toxicity.cost_per_event": money(2000),
        "toxicity.qaly_loss_per_event": record(0.1, "QALY"),
    }
    rich = burden(records=SITE | toxic, willingness_to_pay=[50000])
    row = by_option(rich)["daily", "kv_planar"]
    assert row["toxicity_change_percent"] == pytest.approx(-row["margin_saved_mm"])
    assert row["toxicity_reduction_needed_percent"] == pytest.approx(
        100 * row["cost_difference"] / (2000 + 0.1 * 50000)
    )
    assert {r["effect_unit"] for r in rich.tables["burden_acceptability"]} == {"QALY"}


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"regions": {"lung": "thorax"}}, RefusedInput, r"burden\.regions\.lung"),
        ({"regions": {"all": "elbow"}}, OutOfRange, r"burden\.regions\.all"),
        ({"sites": {"lung": "lung"}}, RefusedInput, r"burden\.sites\.lung"),
        ({"situations": {"all": ["measured_benefit"]}}, RefusedInput, r"burden\.situations\.all"),
        ({"protocols": ["daily", "daily"]}, WrongUsage, "each once"),
        ({"protocols": ["dayly"]}, WrongUsage, "dayly"),
        ({"draws": 999}, OutOfRange, "burden.draws"),
        ({"criteria": ["margin_mm"]}, OutOfRange, "criteria"),
        ({"fractions": None}, RefusedInput, r"target\.fractions"),
        ({"surrogates": {"mvct": "bone"}}, RefusedInput, r"surrogates\.mvct"),
        ({"records": {"kv_cbct.capital_cost": money(1, currency="USD")} | SITE}, RefusedInput,
         r"expected .* of 2020"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_by_its_key(changes, error, said):
    with pytest.raises(error, match=said):
        burden(**changes)


def test_situations_that_a_clinician_states_apply_with_reason_and_source():
    stated = burden(situations={"all": ["reirradiation"]}).tables["imaging_indications"]
    applies = {row["code"]: row["applies"] for row in stated}
    assert applies["reirradiation"] == "yes"
    assert applies["dose_escalation"] == "no"
    assert applies["measured_benefit"] == "yes"
    assert all(row["reason"] and row["source"] and row["status"] for row in stated)


def test_the_checklist_is_filled_by_the_run_and_left_to_the_authors_elsewhere(found):
    items = {row["item"]: row for row in found.tables["cheers_items"]}
    assert list(items) == list(range(1, 29))
    assert "no_imaging" in items[7]["filled"]
    assert "EUR of 2020" in items[15]["filled"]
    assert items[23]["filled"] == found.sentences[0]
    assert items[27]["filled"] == "to be written by the authors"


def test_a_thousand_draws_of_twelve_protocols_and_eight_modalities_are_quick():
    names = ["kv_cbct", "kv_planar", "mv_planar", "mvct", "surface", "ultrasound", "mv_cbct",
             "stereoscopic_kv"]  # fmt: skip
    compared = [Strategy("no_imaging", "none", "", 0.0, *[(8.0, 8.0, 8.0)] * 3)] + [
        Strategy(f"nal:images={k}", m, "bone", float(k), *[(8.0 - 0.3 * k,) * 3] * 3)
        for k in range(1, 12)
        for m in names
    ]
    comparison = Comparison("all", ask(modalities=names), tuple(compared))
    start = time.process_time()
    rows = burden_rows(comparison)
    assert acceptability_rows(comparison)
    assert sensitivity_rows(comparison)
    assert time.process_time() - start < 10
    assert len(rows) == 1 + 11 * 8
    assert all(0 < r["cost_monte_carlo_error"] < 0.02 * r["cost_per_course"] for r in rows[1:])


def test_the_section_of_these_tests_is_one_that_a_config_could_hold():
    assert set(SECTION) <= {"protocols", "modalities", "regions", "prescription_gy", "records"}
