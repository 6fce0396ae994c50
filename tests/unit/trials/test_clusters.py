"""Cluster and stepped-wedge trials against limits, simulation and exact least squares."""

import numpy as np
import pytest

from popmargin.core.exceptions import OutOfRange
from popmargin.trials.cluster import cluster, design_effect, effective_patients
from popmargin.trials.stepped_wedge import stepped_wedge, stepped_wedge_design_effect
from tests.oracles.trials_stepped_wedge import effect_variance


def test_no_correlation_or_single_patients_cost_nothing():
    assert design_effect(20, 0.0) == 1.0
    assert design_effect(1, 0.3) == 1.0
    assert design_effect(20, 1.0) == 20.0


def test_design_effect_is_the_variance_ratio_of_simulated_cluster_means():
    rng, icc, size, clusters = np.random.default_rng(2), 0.1, 12, 20000
    values = np.sqrt(icc) * rng.standard_normal((clusters, 1)) + np.sqrt(
        1 - icc
    ) * rng.standard_normal((clusters, size))
    ratio = values.mean(axis=1).var(ddof=1) * size
    assert abs(ratio / design_effect(size, icc) - 1) < 4 * np.sqrt(2 / clusters)


def test_unequal_sizes_cost_more_and_are_flagged_as_recalled():
    equal, unequal = (
        cluster(100, cluster_size=20, icc=0.05, cluster_size_cv=cv) for cv in (0.0, 0.65)
    )
    assert unequal.design_effect == pytest.approx(1 + ((0.65**2 + 1) * 20 - 1) * 0.05)
    assert unequal.patients_per_arm > equal.patients_per_arm
    assert unequal.formula_status == "recalled, unvalidated"
    assert any("recalled" in assumption for assumption in unequal.assumptions)
    assert not any("recalled" in assumption for assumption in equal.assumptions)


def test_unequal_sizes_against_the_variance_of_the_size_weighted_mean():
    # Var(mean of all patients) for sizes m_i: sum(m_i (1 + (m_i - 1) icc)) / (sum m_i)^2
    sizes, icc = np.array([5.0, 10, 15, 40, 30]), 0.07
    exact = (sizes * (1 + (sizes - 1) * icc)).sum() / sizes.sum()
    effect = design_effect(sizes.mean(), icc, cluster_size_cv=sizes.std() / sizes.mean())
    assert effect == pytest.approx(exact, rel=1e-12)


def test_effective_patients_undo_the_design_effect():
    size = cluster(123, cluster_size=17, icc=0.03)
    effective = effective_patients(size.patients_per_arm, cluster_size=17, icc=0.03)
    assert 123 <= effective < 124


@pytest.mark.parametrize(
    ("steps", "size", "icc", "baseline", "per_step"),
    [(3, 20, 0.05, 1, 1), (5, 10, 0.02, 1, 2), (4, 30, 0.1, 2, 1), (6, 8, 0.0, 0, 1)],
)
def test_stepped_wedge_is_the_exact_least_squares_variance(steps, size, icc, baseline, per_step):
    variance = effect_variance(
        steps=steps, clusters_per_step=2, size=size, icc=icc, baseline=baseline, per_step=per_step
    )
    individually_randomised = 4 / variance  # total SD 1, two equal arms
    effect = stepped_wedge_design_effect(
        steps=steps,
        patients_per_cluster_period=size,
        icc=icc,
        baseline_periods=baseline,
        periods_per_step=per_step,
    )
    assert individually_randomised * effect == pytest.approx(2 * steps * size, rel=1e-9)


def test_stepped_wedge_has_whole_steps_and_says_that_it_is_recalled():
    size = stepped_wedge(194, steps=4, patients_per_cluster_period=10, icc=0.05)
    assert size.clusters == 4 * size.clusters_per_step
    assert size.patients == size.clusters * size.periods * 10
    assert size.clusters * 10 >= 194 * size.design_effect
    assert (size.clusters - 4) * 10 < 194 * size.design_effect
    assert "recalled" in size.formula_status


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: design_effect(0.5, 0.1), "cluster_size"),
        (lambda: design_effect(10, -0.1), "icc"),
        (lambda: design_effect(10, 0.1, cluster_size_cv=-1), "cluster_size_cv"),
        (lambda: cluster(0, cluster_size=10, icc=0.1), "patients_per_arm"),
        (lambda: effective_patients(0, cluster_size=10, icc=0.1), "patients"),
        (
            lambda: stepped_wedge(100, steps=1, patients_per_cluster_period=5, icc=0.1),
            "steps",
        ),
        (lambda: stepped_wedge(100, steps=3, patients_per_cluster_period=5, icc=1.0), "icc"),
        (lambda: stepped_wedge(1, steps=3, patients_per_cluster_period=5, icc=0.1), "patients"),
    ],
)
def test_impossible_designs_are_refused(call, name):
    with pytest.raises(OutOfRange, match=name):
        call()
