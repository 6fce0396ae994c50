"""Replay of a study: groups apart, corrections in force added back or refused, all rows counted."""

import numpy as np
import polars as pl
import pytest

from popmargin.core.exceptions import RefusedInput
from popmargin.margins.coverage import Target
from popmargin.margins.coverage_question import CoverageQuestion
from popmargin.margins.registry import find_recipe
from popmargin.pipeline.replay_account import replay_lines
from popmargin.protocols.courses import courses_from_shifts
from popmargin.protocols.parse import parse_protocol
from popmargin.protocols.replay import replay_protocols
from popmargin.protocols.study_replay import ReplayPlan, replay_study

QUESTION = CoverageQuestion(
    Target(30.0), 6, 0.9, [find_recipe("stroom")], present_margin_mm=(7.0, 7.0, 7.0)
)


def plan(*texts, in_use="no_imaging", **changes):
    values = {
        "protocols": [parse_protocol(text) for text in texts],
        "in_use": None if in_use is None else parse_protocol(in_use),
        "groups": [], "residual_sd_mm": 0.0, "minutes": None, "recipes": [find_recipe("stroom")],
        "recipe_options": {}, "fractions": None, "question": None, "estimator": "anova",
        "random": "rms", "level": 0.95, "seed": 1, "withheld": False,
    }  # fmt: skip
    return ReplayPlan(**(values | changes))


def shifts(group="lung", patients=8, fractions=6, seed=1):
    rng = np.random.default_rng(seed)
    rows = []
    for p in range(patients):
        mean = rng.normal(0, 3, 3)
        for j in range(1, fractions + 1):
            lr, si, ap = mean + rng.normal(0, 2, 3)
            rows.append({"site": group, "group": group, "patient_id": f"{group}{p}",
                         "fraction": j, "lr_mm": lr, "si_mm": si, "ap_mm": ap})  # fmt: skip
    return pl.DataFrame(rows)


def carried(rows, images=3):
    """The same log under NAL: what it had carried is taken off and written beside."""
    axes = ("lr_mm", "si_mm", "ap_mm")
    learnt = [
        pl.col(a).filter(pl.col("fraction") <= images).mean().over("patient_id") for a in axes
    ]
    given = [
        pl.when(pl.col("fraction") > images).then(c).alias(f"carried_{a}")
        for a, c in zip(axes, learnt, strict=True)
    ]
    rows = rows.with_columns(given)
    return rows.with_columns(pl.col(a) - pl.col(f"carried_{a}").fill_null(0.0) for a in axes)


def totals(found):
    return found.used + found.incomplete + found.lost + found.elsewhere


def test_a_group_is_replayed_as_the_command_does():
    both = pl.concat([shifts("lung"), shifts("brain", seed=2)])
    found = replay_study(both, plan("nal:images=3", "daily"), group_by=["site"])
    rows, _ = replay_protocols(
        courses_from_shifts(shifts("lung")),
        [parse_protocol("nal:images=3"), parse_protocol("daily")],
        recipe="stroom",
    )
    lung = [row for row in found.rows if row["group"] == "lung"]
    assert [{k: row[k] for k in rows.columns} for row in lung] == rows.to_dicts()
    assert {row["site"] for row in found.rows} == {"lung", "brain"}
    assert (found.used, totals(found)) == (96, 96)


def test_corrections_in_force_are_added_back_and_counted():
    rows = carried(shifts())
    plain = replay_study(shifts(), plan("enal:images=3"))
    back = replay_study(rows, plan("enal:images=3", in_use="nal:images=3"))
    for one, other in zip(plain.rows, back.rows, strict=True):
        assert one["margin_mm"] == pytest.approx(other["margin_mm"], rel=1e-9)
    assert (back.used, back.added_back) == (48, 24)
    lines = replay_lines(back)
    assert lines["rows"].to_list() == [24, 24]
    assert lines["reason"].to_list() == ["", "correction_added_back"]


def test_corrections_in_force_that_were_not_logged_are_refused():
    rows = carried(shifts()).drop("carried_ap_mm")
    found = replay_study(rows, plan("enal:images=3", in_use="nal:images=3"))
    assert {row["margin_mm"] for row in found.rows} == {None}
    assert all("carried is not logged (carried_ap_mm)" in row["reason"] for row in found.rows)
    assert [flag.code for flag in found.flags] == ["not_replayed"]
    assert (found.lost, totals(found)) == (48, 48)
    assert replay_lines(found).row(1)[3] == "correction_not_known"
    # What an online protocol does ends with the fraction: nothing is carried.
    assert replay_study(shifts(), plan("nal", in_use="daily")).used == 48


def test_a_protocol_in_use_that_is_not_stated_is_remarked():
    found = replay_study(shifts(), plan("nal:images=3", in_use=None))
    assert "protocol_in_use_not_stated" in {flag.code for flag in found.flags}
    known = replay_study(carried(shifts()), plan("nal:images=3", in_use=None))
    assert "protocol_in_use_not_stated" not in {flag.code for flag in known.flags}


def test_incomplete_rows_and_other_groups_are_counted():
    rows = pl.concat([shifts("lung"), shifts("brain", seed=2)]).with_columns(
        ap_mm=pl.when(pl.col("patient_id") == "lung0").then(None).otherwise("ap_mm")
    )
    found = replay_study(rows, plan("daily", groups=["lung"]), group_by=["site"])
    assert (found.used, found.incomplete, found.elsewhere) == (42, 6, 48)
    with pytest.raises(RefusedInput, match="brain, lung"):
        replay_study(rows, plan("daily", groups=["liver"]), group_by=["site"])
    one_axis = replay_study(shifts().drop("si_mm"), plan("daily"))
    assert (one_axis.incomplete, totals(one_axis)) == (48, 48)
    assert "all three axes" in one_axis.rows[0]["reason"]


def test_a_blocking_flag_withholds_margins_and_coverage_but_not_errors():
    found = replay_study(shifts(), plan("nal", withheld=True, question=QUESTION))
    assert {row["margin_mm"] for row in found.rows} == {None}
    assert {row["expected_margin_mm"] for row in found.rows} == {None}
    assert all(row["systematic_sd_mm"] is not None for row in found.rows)
    assert {row["coverage"] for row in found.coverage} == {None}


def test_coverage_of_the_own_margin_and_of_the_one_in_use():
    found = replay_study(
        shifts(), plan("no_imaging", "nal", "daily:residual_sd_mm=1", question=QUESTION)
    )
    kinds = [(row["protocol"], row["phase"], row["kind"]) for row in found.coverage]
    assert kinds == [
        *(("no_imaging", "course", kind) for kind in ("recipe", "present")),
        *(
            ("nal", phase, kind)
            for phase in ("course", "settled")
            for kind in ("recipe", "present")
        ),
        *(("daily:residual_sd_mm=1", "course", kind) for kind in ("recipe", "present")),
    ]
    present = {
        row["protocol"]: row for row in found.coverage
        if row["kind"] == "present" and row["phase"] == "course"
    }  # fmt: skip
    assert present["daily:residual_sd_mm=1"]["coverage"] > present["no_imaging"]["coverage"]
    assert present["nal"]["n_logged"] == 8
    assert present["daily:residual_sd_mm=1"]["logged_coverage"] is None
    for row in found.coverage:
        if row["coverage_low"] is not None:
            assert row["coverage_low"] <= row["coverage"] <= row["coverage_high"]
