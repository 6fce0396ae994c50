"""The response of an organ at risk: from the outcomes to every strategy and frontier."""

import numpy as np
import pytest

from popmargin.burden.response import OrganResponse, organ_responses
from popmargin.burden.study import estimate_burden
from popmargin.core.exceptions import OutOfRange, RefusedInput
from tests.unit.burden.cohort import ask, selected

CURVE = OrganResponse(
    "rectum", "ap", "rectum_quantec", (0.0, 20.0), (0.02, 0.42), (0.01, 0.21), (0.03, 0.63),
    "seen; recalled, unverified; default, not validated",
)  # fmt: skip


def rows_of(response, margin=(0.0, 10.0), group="all"):
    return [
        {"group": group, "organ": "rectum", "ntcp_set": response, "margin_mm": m,
         "ntcp": 0.02 * m, "ntcp_low": 0.01 * m, "ntcp_high": 0.03 * m, "status": "seen"}
        for m in margin
    ]  # fmt: skip


@pytest.fixture(scope="module")
def found():
    question = ask(criteria=["ntcp_percent", "minutes_per_course"])
    return estimate_burden(selected(), question, responses={"all": CURVE})


def test_ntcp_follows_the_margin_on_the_axis_of_the_organ(found):
    for row in found.tables["burden"]:
        assert row["ntcp_percent"] == pytest.approx(2.0 + 2.0 * row["margin_ap_mm"])
        assert row["ntcp_low_percent"] < row["ntcp_percent"] < row["ntcp_high_percent"]
        assert (row["organ"], row["ntcp_set"]) == ("rectum", "rectum_quantec")
        assert "not validated" in row["ntcp_status"]


def test_the_change_is_against_the_reference_with_its_interval(found):
    first, *others = found.tables["burden"]
    assert first["ntcp_change_percent"] == first["ntcp_change_low_percent"] == 0
    for row in others:
        assert row["ntcp_change_percent"] == pytest.approx(
            row["ntcp_percent"] - first["ntcp_percent"]
        )
        assert row["ntcp_change_low_percent"] <= row["ntcp_change_percent"] + 1e-9
        assert row["ntcp_change_percent"] <= row["ntcp_change_high_percent"] + 1e-9


def test_a_frontier_in_ntcp_names_the_model_that_it_rests_on(found):
    assert all("outcomes.rectum_quantec" in row["rests_on"] for row in found.tables["burden"])
    (sentence,) = found.sentences
    assert "compared in NTCP and minutes a course" in sentence
    assert "default, not validated" in sentence


def test_a_margin_beyond_the_curve_has_no_response():
    short = OrganResponse("rectum", "ap", "x", (0.0, 1.0), (0.1, 0.2), (0.1, 0.2), (0.1, 0.2), "")
    rows = estimate_burden(selected(), ask(), responses={"all": short}).tables["burden"]
    assert rows[0]["margin_ap_mm"] > 1
    assert rows[0]["ntcp_percent"] is rows[0]["ntcp_change_percent"] is None
    assert rows[0]["margin_mm"] is not None


def test_without_a_response_nothing_else_changes(found):
    plain = estimate_burden(selected(), ask(criteria=["ntcp_percent", "minutes_per_course"]))
    for with_it, without in zip(found.tables["burden"], plain.tables["burden"], strict=True):
        assert without["organ"] is without["ntcp_percent"] is without["on_frontier"] is None
        assert without["margin_low_mm"] == with_it["margin_low_mm"]
        assert without["cost_per_course_high"] == with_it["cost_per_course_high"]


def test_the_first_organ_of_a_group_counts_and_limits_may_be_missing():
    rows = rows_of("q") + rows_of("q", group="other")
    rows[0]["ntcp_low"] = None
    organs = [{"group": "all", "organ": "rectum", "axis": "ap"},
              {"group": "all", "organ": "bladder", "axis": "ap"}]  # fmt: skip
    assert list(organ_responses(rows, organs)) == ["all"]
    assert organ_responses([], organs) == {}
    assert np.all(organ_responses(rows, organs)["all"].ntcp_high == (0.0, 0.3))


def test_two_models_of_one_organ_are_refused():
    with pytest.raises(RefusedInput, match="one model an organ"):
        organ_responses(
            rows_of("q") + rows_of("p", (5.0,)), [{"group": "all", "organ": "rectum", "axis": "ap"}]
        )


@pytest.mark.parametrize(
    ("change", "said"),
    [({"axis": "x"}, "axis"), ({"margin_mm": (1.0, 1.0)}, "margin_mm"),
     ({"ntcp": (0.1, 1.1)}, "ntcp")],
)  # fmt: skip
def test_what_is_no_curve_is_refused(change, said):
    known = {"organ": "r", "axis": "ap", "model": "m", "margin_mm": (0.0, 1.0), "ntcp": (0.1, 0.2),
             "ntcp_low": (0.1, 0.2), "ntcp_high": (0.1, 0.2), "status": ""}  # fmt: skip
    with pytest.raises(OutOfRange, match=said):
        OrganResponse(**known | change)
