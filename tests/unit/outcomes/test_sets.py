"""Parameter sets: complete, with their source, immutable, never mixed."""

from dataclasses import FrozenInstanceError, replace

import pytest

from popmargin.core.exceptions import OutOfRange, RefusedInput, WrongUsage
from popmargin.outcomes.complication_sets import (
    LkbSet,
    check_lkb_set,
    complication_set,
    complication_set_labels,
)
from popmargin.outcomes.control_sets import control_set, control_set_labels
from popmargin.outcomes.ntcp import complication
from popmargin.outcomes.parameter_table import parameter_rows


def test_every_usable_set_has_source_status_and_convention():
    for label in complication_set_labels():
        found = complication_set(label)
        assert found.source
        assert found.status.startswith(("seen", "recalled"))
        assert found.dose_convention
    for label in control_set_labels():
        assert control_set(label).source
        assert "not validated" in control_set(label).status


def test_recalled_and_secondary_sets_say_not_validated():
    for label in complication_set_labels():
        status = complication_set(label).status
        assert status == "seen" or status.endswith("default, not validated")


def test_published_values():
    rectum = complication_set("rectum_quantec")
    assert isinstance(rectum, LkbSet)
    assert (rectum.n, rectum.m, rectum.td50_gy) == (0.09, 0.13, 76.9)
    assert (rectum.n_low, rectum.n_high) == (0.04, 0.14)
    assert (rectum.td50_low_gy, rectum.td50_high_gy) == (73.7, 80.1)


def test_a_set_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        complication_set("rectum_quantec").td50_gy = 80.0


def test_mixed_set_of_the_table_is_refused():
    with pytest.raises(RefusedInput, match="mixed set: Burman n with QUANTEC m and TD50"):
        complication_set("rectum_mixed")


@pytest.mark.parametrize("change", [{"n": 0.12}, {"m": 0.15}, {"td50_gy": 80.0}])
def test_mixed_set_of_ones_own_is_refused(change):
    mixed = replace(complication_set("rectum_quantec"), label="mine", **change)
    with pytest.raises(RefusedInput, match="one of which differs from Michalski"):
        complication([60], [1], mixed)


def test_own_set_of_one_source_is_accepted():
    own = replace(
        complication_set("rectum_quantec"), label="mine", n=0.11, m=0.2, td50_gy=79.0, source="own"
    )
    check_lkb_set(own)
    with pytest.raises(RefusedInput, match="a source and a status"):
        check_lkb_set(replace(own, source=" "))
    with pytest.raises(OutOfRange, match="td50_gy"):
        check_lkb_set(replace(own, td50_gy=-1.0))


def test_rows_that_are_no_model_are_refused_with_the_reason():
    for table in ("ntcp_parameters.csv", "tcp_parameters.csv"):
        for row in parameter_rows(table):
            if row["refused_because"]:
                read = complication_set if table.startswith("ntcp") else control_set
                with pytest.raises(RefusedInput):
                    read(row["label"])


def test_unknown_labels_name_those_that_exist():
    with pytest.raises(WrongUsage, match="there are rectum_quantec"):
        complication_set("rectum")
    with pytest.raises(WrongUsage, match="there are prostate_logistic"):
        control_set("prostate")
