"""What single looks name and what they leave alone, on rows made by hand."""

import numpy as np
import polars as pl
import pytest

from popmargin.core.random_streams import random_stream
from popmargin.quality.change_of_reference import find_change_of_reference
from popmargin.quality.duplicates import find_duplicates
from popmargin.quality.find_faults import find_in_every_analysis, find_quality_faults
from popmargin.quality.merged_patients import find_merged_patients
from popmargin.quality.missing_fractions import find_missing_fractions
from popmargin.quality.rows import PositionRows, position_rows
from popmargin.quality.selective_logging import find_selective_logging
from popmargin.quality.split_ids import find_split_ids
from popmargin.quality.thresholds import Thresholds
from popmargin.quality.zeros_for_missing import find_zeros_for_missing
from tests.oracles.quality_cohorts import clean_cohort

LIMITS = Thresholds()


@pytest.fixture
def cohort():
    return clean_cohort(random_stream(11, "single faults"))


def test_two_images_of_a_fraction_are_no_merged_patients(cohort):
    again = cohort.with_columns(pl.col("lr_mm", "si_mm", "ap_mm") + 0.3)
    both = position_rows(pl.concat([cohort, again]))
    assert find_merged_patients(both, LIMITS) is None
    assert find_duplicates(both, LIMITS) is None


def test_one_fraction_on_two_days_is_two_courses():
    days = [1.0, 2.0, 3.0, 90.0, 91.0, 92.0]
    rows = PositionRows.of([0] * 6, [1, 2, 3] * 2, np.arange(18.0).reshape(6, 3), day=days)
    found = find_merged_patients(rows, LIMITS)
    assert found.repaired.unit.tolist() == [0, 0, 0, 1, 1, 1]


def test_a_declared_plan_is_a_unit_of_its_own_and_no_step(cohort):
    """A new plan is a new reference: declared, nothing is found; undeclared, every step is."""
    moved = (pl.col("fraction") > 10).cast(pl.Float64) * 9.0
    changed = cohort.with_columns(pl.col("si_mm") + moved)
    hidden = find_change_of_reference(position_rows(changed), LIMITS)
    assert hidden.severity == "block"
    # A step of four sigma halfway is hardly better than a line in a few of them.
    stepped = hidden.patients(position_rows(changed))
    assert 34 <= stepped <= 40
    assert hidden.repaired.units == 40 + stepped
    declared = changed.with_columns(
        plan=pl.when(pl.col("fraction") > 10).then(pl.lit("2")).otherwise(pl.lit("1"))
    )
    rows = position_rows(declared)
    assert rows.units == 80
    assert find_change_of_reference(rows, LIMITS) is None


def test_a_drift_is_no_step(cohort):
    drift = cohort.with_columns(pl.col("si_mm") + 0.5 * pl.col("fraction"))
    assert find_change_of_reference(position_rows(drift), LIMITS) is None


def test_a_fixed_schedule_is_no_selective_logging(cohort):
    weekly = cohort.filter((pl.col("fraction") <= 3) | (pl.col("fraction") % 5 == 0))
    assert find_selective_logging(position_rows(weekly), LIMITS) is None
    assert find_missing_fractions(position_rows(weekly), LIMITS).severity == "info"


def test_ids_that_differ_in_writing_are_joined(cohort):
    names = {"synthetic-01": "0007a", "synthetic-02": "7-A"}
    written = cohort.with_columns(pl.col("patient_id").replace(names))
    found = find_split_ids(position_rows(written), LIMITS)
    assert found.repaired.units == 39
    assert found.suspects.sum() == 40
    assert find_split_ids(position_rows(cohort), LIMITS) is None


def test_a_course_under_two_ids_blocks(cohort):
    twin = cohort.filter(pl.col("patient_id") == "synthetic-05")
    both = pl.concat([cohort, twin.with_columns(patient_id=pl.lit("twin"))])
    found = find_duplicates(position_rows(both), LIMITS)
    assert (found.severity, int(found.suspects.sum())) == ("block", 20)


def test_zeros_of_rounding_are_no_missing_values():
    coarse = position_rows(clean_cohort(random_stream(12, "zeros"), grid_mm=5.0))
    assert (coarse.values == 0.0).all(axis=1).mean() > 0.1
    assert find_zeros_for_missing(coarse, LIMITS) is None


def test_the_order_of_the_rows_and_the_names_of_patients_change_nothing(cohort):
    faulty = cohort.with_columns(
        pl.when(pl.int_range(pl.len()) % 9 == 0).then(0.0).otherwise(n).alias(n)
        for n in ("lr_mm", "si_mm", "ap_mm")
    )
    shuffled = faulty.sample(fraction=1.0, shuffle=True, seed=1).with_columns(
        pl.col("patient_id").str.reverse()
    )
    flags = [find_quality_faults(frame).flags for frame in (faulty, shuffled)]
    assert [(f.code, f.severity, f.patients) for f in flags[0]] == [
        (f.code, f.severity, f.patients) for f in flags[1]
    ]
    assert [f.effect_mm for f in flags[0]] == pytest.approx([f.effect_mm for f in flags[1]])
    assert [f.code for f in flags[0]] == ["zeros_for_missing"]


def test_groups_are_looked_at_one_by_one(cohort):
    other = cohort.with_columns(pl.col("lr_mm", "si_mm", "ap_mm") / 10.0, site=pl.lit("brain"))
    renamed = other.with_columns(pl.concat_str(pl.lit("b"), "patient_id").alias("patient_id"))
    both = pl.concat([cohort.with_columns(site=pl.lit("lung")), renamed])
    assert find_quality_faults(both, group_by=["site"]).flags == ()
    (pooled,) = find_quality_faults(both).flags
    assert (pooled.code, pooled.severity) == ("mixed_units", "block")


def test_every_timing_is_looked_at_by_itself(cohort):
    residual = cohort.with_columns(
        pl.col("lr_mm", "si_mm", "ap_mm") / 10.0, timing=pl.lit("after_correction")
    )
    both = pl.concat([cohort.with_columns(timing=pl.lit("before_correction")), residual])
    assert find_in_every_analysis(both) == ()
    wrong = both.with_columns(timing=pl.lit("before_correction"))
    codes = {flag.code for flag in find_in_every_analysis(wrong)}
    assert "mixed_timing" in codes or "merged_patients" in codes


def test_bone_and_soft_tissue_of_a_fraction_are_no_second_patient(cohort):
    rng = random_stream(13, "soft")
    moved = cohort.with_columns(
        pl.col(name) + pl.Series(6.0 * rng.standard_normal(cohort.height))
        for name in ("lr_mm", "si_mm", "ap_mm")
    )
    both = pl.concat(
        [
            cohort.with_columns(surrogate=pl.lit("bone")),
            moved.with_columns(surrogate=pl.lit("marker")),
        ]
    )
    assert find_merged_patients(position_rows(both), LIMITS) is None
    unnamed = position_rows(both.drop("surrogate"))
    assert find_merged_patients(unnamed, LIMITS).severity == "block"


def test_a_second_set_up_of_the_same_day_is_no_second_patient(cohort):
    again = cohort.with_columns(pl.col("lr_mm", "si_mm", "ap_mm").shuffle(seed=1))
    day = (pl.col("fraction") * 86_400_000_000).cast(pl.Datetime("us"))
    both = pl.concat([cohort, again])
    assert find_merged_patients(position_rows(both), LIMITS).severity == "block"
    dated = both.with_columns(acquired_at=day)
    assert find_merged_patients(position_rows(dated), LIMITS) is None
    numbered = pl.concat([cohort.with_columns(image=1), again.with_columns(image=2)])
    assert find_merged_patients(position_rows(numbered), LIMITS) is None


def test_a_protocol_in_force_explains_steps_towards_zero(cohort):
    """No-action-level: from fraction 4 on the mean of the first three is taken away."""
    early = pl.col("fraction") <= 3
    axes = ("lr_mm", "si_mm", "ap_mm")
    learnt = [pl.col(n).filter(early).mean().over("patient_id").alias(f"carried_{n}") for n in axes]
    carried = cohort.with_columns(learnt).with_columns(
        pl.when(early).then(0.0).otherwise(f"carried_{n}").alias(f"carried_{n}") for n in axes
    )
    logged = carried.with_columns(pl.col(n) - pl.col(f"carried_{n}") for n in axes)
    unsaid = logged.drop([f"carried_{n}" for n in axes])
    found = {
        name: {flag.severity for flag in find_quality_faults(rows, **more).flags}
        for name, rows, more in (
            ("unsaid", unsaid, {}),
            ("carried", logged, {}),
            ("declared", unsaid, {"protocol_in_force": True}),
        )
    }
    assert found["carried"] <= {"warn", "info"}
    assert found["declared"] <= {"warn", "info"}
    assert "block" in found["unsaid"]


def test_images_after_correction_may_all_be_near_zero(cohort):
    small = pl.when(pl.col("fraction") % 2 == 0).then(0.1).otherwise(1.0)
    after = cohort.with_columns(
        *(pl.col(n) * small for n in ("lr_mm", "si_mm", "ap_mm")),
        timing=pl.lit("after_correction"),
    )
    codes = {flag.code for flag in find_quality_faults(after, timing="after_correction").flags}
    assert codes & {"mixed_timing", "selective_logging"} == set()
