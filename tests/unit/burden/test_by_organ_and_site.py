"""Imaging dose by organ, what would pay, who needs it by site, staff minutes, discounting."""

import pytest

from popmargin.burden.defaults import default_records, with_site_records
from popmargin.burden.indications import imaging_indications, indication_rules
from popmargin.burden.threshold_rows import SHOWN_WORTHS
from popmargin.core.exceptions import RefusedInput
from tests.unit.burden.cohort import burden, by_option
from tests.unit.burden.site_records import SITE, money, record

TOXIC = {
    "toxicity.probability_per_mm": record(0.01, "1", distribution="fixed"),
    "toxicity.cost_per_event": money(2000),
    "toxicity.qaly_loss_per_event": record(0.1, "QALY"),
}


@pytest.fixture(scope="module")
def found():
    return burden(modalities=["kv_cbct", "mv_planar"])


def organ_row(found, protocol, modality, organ):
    (row,) = [
        row
        for row in found.tables["imaging_organ_doses"]
        if (row["protocol"], row["modality"], row["organ"]) == (protocol, modality, organ)
    ]
    return row


def test_every_organ_of_the_region_has_the_dose_of_its_images(found):
    record_of = default_records()["mv_planar.organ_dose_mgy.pelvis.rectum"]
    row = organ_row(found, "daily", "mv_planar", "rectum")
    assert row["imaging_dose_mgy"] == pytest.approx(35 * record_of.typical)
    assert row["prescription_share_percent"] == pytest.approx(100 * 35 * 0.0656 / 70)
    assert row["imaging_dose_low_mgy"] < row["imaging_dose_mgy"] < row["imaging_dose_high_mgy"]
    assert (row["above_limit"], row["status"]) == ("no", record_of.label)
    names = {row["organ"] for row in found.tables["imaging_organ_doses"]}
    assert names == {"mean of the imaged organs", "rectum", "skin", "gonads"}


def test_one_organ_above_five_percent_is_flagged_though_the_mean_is_not(found):
    assert organ_row(found, "daily", "mv_planar", "skin")["above_limit"] == "yes"
    assert (
        organ_row(found, "daily", "mv_planar", "mean of the imaged organs")["above_limit"] == "no"
    )
    (flag,) = [flag for flag in found.flags if flag.code == "imaging_dose_above_limit"]
    assert "imaging dose to skin is 6.4 % of the prescription" in flag.message


def test_a_site_states_an_organ_of_its_own_and_typing_errors_are_refused():
    stated = burden(
        modalities=["kv_cbct"],
        records=SITE | {"kv_cbct.organ_dose_mgy.pelvis.bladder": record(25, "mGy")},
    )
    row = organ_row(stated, "daily", "kv_cbct", "bladder")
    assert (row["imaging_dose_mgy"], row["status"]) == (35 * 25, "stated by the site")
    for key in ("kv_cbct.organ_dose_mgy.elbow.skin", "kv_cbct.organ_dose_mgy.pelvis.Skin2",
                "kv_cbct.effective_dose_msv.pelvis.skin"):  # fmt: skip
        with pytest.raises(RefusedInput, match="does not exist"):
            with_site_records({key: record(25, "mGy")})


def test_by_default_the_threshold_is_shown_for_round_worths_that_nobody_vouches_for(found):
    rows = [r for r in found.tables["burden_thresholds"]
            if (r["protocol"], r["modality"]) == ("daily", "kv_cbct")]  # fmt: skip
    assert tuple(row["worth_of_event"] for row in rows) == SHOWN_WORTHS
    difference = by_option(found)["daily", "kv_cbct"]["cost_difference"]
    for row in rows:
        needed = 100 * difference / row["worth_of_event"]
        assert row["reduction_needed_percent"] == (pytest.approx(needed) if needed <= 100 else None)
        assert row["status"] == "default, not validated"
        assert row["worth_stated"] == "no"
    assert "no_imaging" not in {r["protocol"] for r in found.tables["burden_thresholds"]}


def test_a_stated_worth_takes_the_place_of_the_round_ones_and_is_discounted():
    later = TOXIC | {"toxicity.years_to_event": record(2, "year")}
    now, then = (
        burden(records=SITE | toxic, willingness_to_pay=[50000]) for toxic in (TOXIC, later)
    )
    factor = (1 + default_records()["site.discount_rate"].typical) ** -2
    for before, after in zip(
        now.tables["burden_thresholds"], then.tables["burden_thresholds"], strict=True
    ):
        assert before["worth_of_event"] == pytest.approx(2000 + 0.1 * 50000)
        assert after["worth_of_event"] == pytest.approx(before["worth_of_event"] * factor)
        assert after["worth_stated"] == "yes"
    pay = now.tables["burden_acceptability"][0]["willingness_to_pay"]
    assert pay == 50000


def test_every_rule_names_whom_it_concerns_and_sites_are_spelled_alike():
    rules = indication_rules()
    assert {rule["concerns"] for rule in rules} == {"site", "patients"}
    sites = {site for rule in rules for site in rule["sites"].split("|")}
    assert {"prostate", "lung", "head_and_neck", "nasopharynx"} <= sites
    assert len({rule["code"] for rule in rules}) == len(rules)
    assert all(rule["source"] and rule["status"] and rule["reason"] for rule in rules)


@pytest.mark.parametrize(
    ("site", "stated", "expected"),
    [
        ("prostate", None, {"prostate_daily": "yes", "lung_tumour_shift": "no",
                            "filling_dependent_target": "yes", "reirradiation": "not stated",
                            "site_protocol": "yes"}),
        ("breast", ("reirradiation",), {"prostate_daily": "no", "reirradiation": "yes",
                                        "dose_escalation": "no"}),
        (None, None, {"prostate_daily": "not stated", "site_protocol": "yes",
                      "steep_gradient": "not stated"}),
        (None, ("mobile_target",), {"mobile_target": "yes", "steep_gradient": "no"}),
    ],
)  # fmt: skip
def test_rules_of_the_site_apply_apart_from_those_of_the_patients(site, stated, expected):
    row = {"group": "all", "margin_saved_mm": 0.5, "prescription_share_percent": None,
           "protocol": "daily", "modality": "kv_cbct"}  # fmt: skip
    rows = imaging_indications(
        [row], {"all": stated} if stated else {}, {"all": site} if site else {}
    )
    applies = {row["code"]: row["applies"] for row in rows}
    assert {code: applies[code] for code in expected} == expected
    assert applies["measured_benefit"] == "no"


def test_what_is_measured_says_what_it_rests_on(found):
    (row,) = [r for r in found.tables["imaging_indications"] if r["code"] == "measured_benefit"]
    assert row["reason"].endswith('whose weakest input is "default, not validated"')


def test_minutes_by_profession_and_cost_of_a_fraction_follow_from_those_of_an_image(found):
    row = by_option(found)["daily", "kv_cbct"]
    records = default_records()
    for who in ("rtt", "physicist", "physician"):
        assert row[f"{who}_minutes_per_course"] == pytest.approx(
            35 * records[f"kv_cbct.{who}_minutes"].typical
        )
    assert row["cost_per_fraction"] == pytest.approx(row["cost_per_course"] / 35)
    assert row["marginal_cost_per_fraction"] == pytest.approx(row["marginal_cost_per_course"] / 35)
    assert row["sees"].startswith("bone + soft tissue")
    none = by_option(found)["no_imaging", "none"]
    assert none["rtt_minutes_per_course"] == none["cost_per_fraction"] == 0
