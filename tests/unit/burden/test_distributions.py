"""Draws of records: their moments, their ends, and independence of what else is drawn."""

import numpy as np
import pytest

from popmargin.burden.distributions import (
    beta_parameters,
    draw_record,
    draw_records,
    draw_shares,
    gamma_parameters,
)
from popmargin.burden.record import Record
from popmargin.core.exceptions import RefusedInput

N = 40_000


def believed(distribution, low, typical, high, unit="min"):
    return Record("site.x", low, typical, high, unit, "test", "site", distribution)


def draws(*record):
    return draw_record(believed(*record), N, np.random.default_rng(1))


@pytest.mark.parametrize(
    ("record", "mean", "sd"),
    [
        (("gamma", 2.5, 4, 7), 4.0, 4.5 / 3.92),
        (("beta", 0.06, 0.1, 0.12), 0.1, 0.06 / 3.92),
        (("uniform", 2, 3, 5), 3.5, 3 / 12**0.5),
        (("pert", 2, 3, 7), 3.5, (1.5 * 3.5 / 7) ** 0.5),
    ],
)
def test_mean_and_sd_are_those_of_the_method_of_moments(record, mean, sd):
    found = draws(*record)
    assert found.mean() == pytest.approx(mean, abs=5 * sd / N**0.5)
    assert found.std() == pytest.approx(sd, rel=0.02)
    assert found.min() >= 0


def test_lognormal_keeps_median_and_ratio_of_its_limits():
    found = draws("lognormal", 9.7, 19.0, 38.1)
    assert np.median(found) == pytest.approx(19.0, rel=0.01)
    low, high = np.quantile(found, [0.025, 0.975])
    assert high / low == pytest.approx(38.1 / 9.7, rel=0.05)


def test_uniform_and_pert_stay_inside_their_limits():
    for kind in ("uniform", "pert"):
        found = draws(kind, 0, 0, 1)
        assert 0 <= found.min() <= found.max() <= 1


@pytest.mark.parametrize("record", [("fixed", 1, 2, 3), ("gamma", 2, 2, 2), ("beta", 2, 2, 2)])
def test_what_is_known_does_not_vary(record):
    assert set(draws(*record)) == {2.0}


def test_parameters_by_hand():
    assert gamma_parameters(10, 5) == (4.0, 2.5)
    assert beta_parameters(0.2, 0.1) == pytest.approx((3.0, 12.0), rel=1e-12)


def test_impossible_moments_are_refused_by_the_key():
    # An SD of 0.26 is more than a share of 0.001 can have.
    with pytest.raises(RefusedInput, match=r"site\.x: expected a mean between 0 and 1"):
        draws("beta", 0, 0.001, 1.0, "1")
    with pytest.raises(RefusedInput, match=r"site\.x\.distribution"):
        draws("gamma", 0, 0, 1)


def test_shares_add_to_one():
    assert draw_shares([8, 1, 1], 50, np.random.default_rng(1)).sum(axis=1) == pytest.approx(1.0)


def test_another_record_changes_no_draw_of_the_first():
    one = {"site.x": believed("gamma", 1, 2, 3)}
    other = {"site.y": Record("site.y", 1, 2, 3, "min", "test", "site")}
    alone, both = draw_records(one, 10, 1), draw_records(other | one, 10, 1)
    assert np.array_equal(alone["site.x"], both["site.x"])
    assert not np.array_equal(both["site.x"], both["site.y"])
    assert not np.array_equal(alone["site.x"], draw_records(one, 10, 2)["site.x"])
