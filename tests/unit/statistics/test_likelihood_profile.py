"""Derivatives of the profile likelihood, on which the speed and the reach of REML rest."""

import numpy as np
import pytest

from popmargin.statistics import likelihood_profile as module
from popmargin.statistics.likelihood_profile import Profile, best_ratio, criterion

RATIOS = [0.0, 0.02, 0.3, 1.0, 7.0, 200.0]


def profile(*, restricted: bool) -> Profile:
    moments = np.array([[3.0, 2.0, 4.0], [1.5, -2.0, 0.4], [4.0, 9.0, 2.5]])
    return Profile(np.array([1.0, 4.0, 9.0]), moments, 30.0, 47 - restricted, restricted)


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("ratio", RATIOS)
def test_slope_and_curvature_are_those_of_the_criterion(ratio: float, restricted: bool) -> None:
    at = profile(restricted=restricted)
    step = 1e-5 * (ratio + 0.1)

    def slope(x: float) -> float:
        return float(module._slopes(at, np.array([x]))[0])

    centred = (criterion(at, ratio + step) - criterion(at, ratio - step)) / (2 * step)
    assert slope(ratio) == pytest.approx(centred, rel=1e-5, abs=1e-9)
    first, second = module._slope_and_curvature(at, ratio)
    assert first == pytest.approx(slope(ratio), rel=1e-12)
    bend = (slope(ratio + step) - slope(ratio - step)) / (2 * step)
    assert second == pytest.approx(bend, rel=1e-5, abs=1e-9)


def test_newton_needs_few_steps(monkeypatch) -> None:
    calls = []
    original = module._slope_and_curvature

    def counted(*arguments):
        calls.append(arguments)
        return original(*arguments)

    monkeypatch.setattr(module, "_slope_and_curvature", counted)
    rng = np.random.default_rng(1)
    for _ in range(50):
        moments = np.stack([np.ones(8), np.zeros(8), 10.0 ** rng.uniform(-1, 4, 8)])
        at = Profile(np.arange(1.0, 9.0), moments, 10.0, 35, restricted=True)
        ratio = best_ratio(at, float(moments[2].sum()) / 7)
        assert abs(module._slopes(at, np.array([ratio]))[0]) * (ratio + 0.1) < 1e-9
    assert len(calls) <= 50 * 8


def test_a_curve_that_misleads_newton_is_bisected(monkeypatch) -> None:
    """With the curvature spoilt the guard still finds the root."""
    original = module._slope_and_curvature
    at = Profile(np.array([2.0]), np.array([[3], [0], [18.0]]), 6.0, 5, restricted=True)
    monkeypatch.setattr(module, "_slope_and_curvature", lambda *given: (original(*given)[0], -1e9))
    assert best_ratio(at, 9.0) == pytest.approx(4.0, rel=1e-9)
