"""A random residual in the sums of squares: the formula, and what drawing it would give."""

import numpy as np
import pytest

from popmargin.protocols.apply import COURSE, SETTLED, apply_protocol
from popmargin.protocols.courses import courses_from_arrays
from popmargin.protocols.parse import parse_protocol
from popmargin.protocols.phase import phase_data
from popmargin.statistics.anova import anova_mean_squares


def ragged(seed=1, patients=30):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 12, patients)
    return [rng.normal(0, 3, 3) + rng.normal(0, 2, (n, 3)) for n in sizes]


def squares(data):
    table = data.by_size
    between, within, _ = anova_mean_squares(table)
    return between * (table.group_count - 1), within * table.within_df


@pytest.mark.parametrize("text", ["daily_threshold:threshold_mm=3", "weekly:first=2,carry=true"])
@pytest.mark.parametrize("phase", [COURSE, SETTLED])
def test_sums_of_squares_grow_by_the_formula(text, phase):
    applied = apply_protocol(parse_protocol(text), courses_from_arrays(ragged()))
    for axis in range(3):
        k, n = applied.online[:, phase, axis], applied.sizes[:, phase, axis]
        k, n = k[n > 0], n[n > 0]
        before = squares(phase_data(applied, phase, axis))
        after = squares(phase_data(applied, phase, axis, 1.5))
        assert after[0] - before[0] == pytest.approx(2.25 * (k / n * (1 - n / n.sum())).sum())
        assert after[1] - before[1] == pytest.approx(2.25 * (k * (1 - 1 / n)).sum())
        plain, noisy = phase_data(applied, phase, axis), phase_data(applied, phase, axis, 1.5)
        assert noisy.by_size.mean == plain.by_size.mean


def test_drawing_the_residual_gives_these_squares_on_average():
    courses = courses_from_arrays(ragged(2, patients=12))
    applied = apply_protocol(
        parse_protocol("daily_threshold:threshold_mm=3"), courses, keep_errors=True
    )
    expected = squares(phase_data(applied, COURSE, 0, 1.5))
    left = applied.errors_mm[:, 0]
    corrected = np.abs(courses.errors_mm[:, 0]) > 3
    rng = np.random.default_rng(3)
    drawn = []
    for _ in range(2000):
        y = left + corrected * rng.normal(0, 1.5, left.size)
        means = np.add.reduceat(y, courses.offsets[:-1]) / courses.sizes
        within = ((y - np.repeat(means, courses.sizes)) ** 2).sum()
        drawn.append((((y - y.mean()) ** 2).sum() - within, within))
    drawn = np.array(drawn)
    error = 4 * drawn.std(axis=0) / np.sqrt(len(drawn))
    assert (np.abs(drawn.mean(axis=0) - expected) < error).all()


def test_no_fraction_in_a_phase_is_none():
    applied = apply_protocol(parse_protocol("nal:images=20"), courses_from_arrays(ragged()))
    assert phase_data(applied, SETTLED, 0) is None
    assert phase_data(applied, COURSE, 0).group_count == 30
