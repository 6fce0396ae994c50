"""The interval of a margin comes from the recipe on the draws of its population errors."""

import numpy as np
import pytest

from popmargin.core.exceptions import OutOfRange, WrongUsage
from popmargin.margins.margin_interval import margin_interval
from popmargin.margins.registry import find_recipe

GENERATOR = np.random.default_rng(1)
SYSTEMATIC = np.abs(GENERATOR.normal(2.0, 0.3, 2_000))
RANDOM = np.abs(GENERATOR.normal(3.0, 0.2, 2_000))


def interval(**more):
    arguments = {
        "systematic_draws_mm": SYSTEMATIC,
        "random_draws_mm": RANDOM,
    } | more
    return margin_interval(find_recipe("van_herk_linear"), 2.0, 3.0, **arguments)


def test_limits_are_percentiles_of_the_recipe_on_the_draws():
    margins = 2.5 * SYSTEMATIC + 0.7 * RANDOM
    result = interval(level=0.90)
    expected = np.quantile(margins, [0.05, 0.95, 0.90], method="hazen")
    assert (result.low_mm, result.high_mm, result.upper_mm) == pytest.approx(expected)
    assert result.margin_mm == pytest.approx(7.1)


def test_draws_without_spread_give_an_interval_without_width():
    result = interval(systematic_draws_mm=np.full(9, 2.0), random_draws_mm=np.full(9, 3.0))
    assert result.low_mm == result.high_mm == result.upper_mm == result.margin_mm


def test_few_fractions_act_on_the_draws_too():
    one = interval(fractions=1)
    margins = 2.5 * np.hypot(SYSTEMATIC, RANDOM)
    assert one.high_mm == pytest.approx(np.quantile(margins, 0.975, method="hazen"))


def test_impossible_draws_and_options_are_refused():
    with pytest.raises(OutOfRange, match="systematic_draws_mm"):
        interval(systematic_draws_mm=-SYSTEMATIC)
    with pytest.raises(OutOfRange, match="random_draws_mm"):
        interval(random_draws_mm=RANDOM[1:])
    with pytest.raises(OutOfRange, match="level"):
        interval(level=1.0)
    with pytest.raises(WrongUsage, match="population"):
        interval(options={"population": 0.95})
