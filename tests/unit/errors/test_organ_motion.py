"""Set-up error and organ motion apart: a known truth, plain loops, what is left out."""

import numpy as np
import polars as pl
import pytest

from popmargin.core.exceptions import RefusedInput
from popmargin.errors.organ_motion import estimate_organ_motion

PATIENTS, FRACTIONS = 80, 15
BETWEEN = np.array([[4.0, -1.2], [-1.2, 2.25]])
WITHIN = np.array([[2.25, 0.9], [0.9, 1.0]])


def matches(bone, motion):
    """Bone and soft-tissue rows of every fraction, the same on all axes."""
    patient = np.repeat(np.arange(bone.shape[0]), bone.shape[1])
    base = {
        "patient_id": [f"p{number:03d}" for number in patient],
        "fraction": np.tile(np.arange(1, bone.shape[1] + 1), bone.shape[0]),
    }
    parts = []
    for surrogate, values in (("bone", bone), ("soft_tissue", bone + motion)):
        axes = dict.fromkeys(("lr_mm", "si_mm", "ap_mm"), values.ravel())
        parts.append(pl.DataFrame(base | axes).with_columns(surrogate=pl.lit(surrogate)))
    return pl.concat(parts)


@pytest.fixture
def truth():
    rng = np.random.default_rng(5)
    effect = rng.multivariate_normal([0.0, 0.5], BETWEEN, PATIENTS)
    noise = rng.multivariate_normal([0.0, 0.0], WITHIN, (PATIENTS, FRACTIONS))
    both = effect[:, None, :] + noise
    return both[..., 0], both[..., 1]


def test_both_errors_and_their_covariance_come_back(truth):
    rows, flags = estimate_organ_motion(matches(*truth))
    assert flags == []
    assert [(row["axis"], row["level"]) for row in rows[:3]] == [
        ("lr", "systematic"),
        ("lr", "random"),
        ("si", "systematic"),
    ]
    for row, matrix in zip(rows[:2], (BETWEEN, WITHIN), strict=True):
        correlation = matrix[0, 1] / np.sqrt(matrix[0, 0] * matrix[1, 1])
        assert row["setup_sd_low_mm"] < np.sqrt(matrix[0, 0]) < row["setup_sd_high_mm"]
        assert row["motion_sd_low_mm"] < np.sqrt(matrix[1, 1]) < row["motion_sd_high_mm"]
        assert row["motion_mean_low_mm"] < 0.5 < row["motion_mean_high_mm"]
        assert row["correlation_low"] < correlation < row["correlation_high"]
        assert row["n_fractions"] == PATIENTS * FRACTIONS


def test_the_covariance_is_that_of_plain_loops(truth):
    bone, motion = truth
    systematic, random = estimate_organ_motion(matches(bone, motion))[0][:2]
    within = 0.0
    for i in range(PATIENTS):
        for j in range(FRACTIONS):
            within += (bone[i, j] - bone[i].mean()) * (motion[i, j] - motion[i].mean())
    within /= PATIENTS * (FRACTIONS - 1)
    between = 0.0
    for i in range(PATIENTS):
        between += (bone[i].mean() - bone.mean()) * (motion[i].mean() - motion.mean())
    between = between / (PATIENTS - 1) - within / FRACTIONS
    assert random["covariance_mm2"] == pytest.approx(within, rel=1e-9)
    assert systematic["covariance_mm2"] == pytest.approx(between, rel=1e-9)


def test_variances_of_the_target_match_add_up(truth):
    """var(soft tissue) = var(bone) + var(motion) + 2 cov, at both levels (ANOVA is linear)."""
    from popmargin.statistics.anova import anova_components
    from popmargin.statistics.one_way import OneWayData

    bone, motion = truth
    labels = np.repeat(np.arange(PATIENTS), FRACTIONS)
    target = anova_components(OneWayData.from_values((bone + motion).ravel(), labels))
    rows = estimate_organ_motion(matches(bone, motion))[0][:2]
    for row, variance in zip(rows, (target.between_variance, target.within_variance), strict=True):
        total = row["setup_sd_mm"] ** 2 + row["motion_sd_mm"] ** 2 + 2 * row["covariance_mm2"]
        assert total == pytest.approx(variance, rel=1e-9)


def test_fractions_with_one_match_are_left_out_and_counted(truth):
    shifts = matches(*truth)
    lacking = (pl.col("surrogate") == "bone") & (pl.col("fraction") > 10)
    rows, (flag,) = estimate_organ_motion(shifts.filter(~lacking))
    assert rows[0]["n_fractions"] == PATIENTS * 10
    assert (flag.code, flag.severity) == ("fractions_without_both_matches", "info")
    with pytest.raises(RefusedInput, match="none of both"):
        estimate_organ_motion(shifts.filter(pl.col("surrogate") == "bone"))


def test_groups_and_plans_are_kept_apart(truth):
    shifts = matches(*truth).with_columns(
        site=pl.when(pl.col("patient_id") < "p040").then(pl.lit("a")).otherwise(pl.lit("b")),
        plan=pl.when(pl.col("fraction") > 8).then(pl.lit("2")).otherwise(pl.lit("1")),
    )
    rows, _ = estimate_organ_motion(shifts, group_by=["site"])
    assert {(row["group"], row["n_patients"], row["n_units"]) for row in rows} == {
        ("a", 40, 80),
        ("b", 40, 80),
    }
