"""Moment-matched cohorts have the wanted conventional figures, also after a CSV round trip."""

import io

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.cohorts.moment_matched import moment_matched_cohort
from popmargin.core.exceptions import OutOfRange
from tests.oracles.cohorts_figures import conventional_figures

COLUMNS = ("lr_mm", "si_mm", "ap_mm")


def figures(cohort: pl.DataFrame) -> list[tuple[float, float, float]]:
    return [conventional_figures(cohort.select("patient_id", axis).rows()) for axis in COLUMNS]


def through_csv(cohort: pl.DataFrame) -> pl.DataFrame:
    stream = io.BytesIO()
    cohort.write_csv(stream)
    stream.seek(0)
    return pl.read_csv(stream)


def build(**changes):
    wanted = {
        "patients": 6,
        "fractions": 5,
        "group_mean_mm": [1.0, -0.5, 0.0],
        "systematic_sd_mm": [2.0, 2.7, 2.6],
        "random_sd_mm": [2.9, 3.9, 4.3],
        "rng": np.random.default_rng(7),
    }
    return moment_matched_cohort(**(wanted | changes))


def test_figures_are_the_wanted_ones_through_csv():
    expected = [(1.0, 2.0, 2.9), (-0.5, 2.7, 3.9), (0.0, 2.6, 4.3)]
    assert np.allclose(figures(through_csv(build())), expected, rtol=0, atol=1e-9)


def test_csv_gives_the_same_doubles_back():
    cohort = build()
    assert through_csv(cohort).equals(cohort)


def test_patients_keep_their_own_scatter():
    own = build().group_by("patient_id").agg(pl.col("lr_mm").std())["lr_mm"]
    assert own.max() > 1.2 * own.min()


def test_every_id_says_synthetic_and_sorts():
    ids = build(patients=12, label="lung")["patient_id"].unique(maintain_order=True).to_list()
    assert ids == sorted(ids)
    assert ids[0] == "synthetic-lung-01"
    assert len(ids) == 12


def test_same_stream_same_cohort():
    assert build().equals(build())
    assert not build().equals(build(rng=np.random.default_rng(8)))


def test_zero_spread_is_constant():
    cohort = build(group_mean_mm=3.0, systematic_sd_mm=0, random_sd_mm=0)
    assert set(cohort["si_mm"]) == {3.0}


@settings(deadline=None, max_examples=30)
@given(
    patients=st.integers(2, 8),
    fractions=st.integers(2, 6),
    mean=st.floats(-20, 20),
    systematic=st.floats(0, 20),
    random=st.floats(0, 20),
)
def test_any_target_is_met(patients, fractions, mean, systematic, random):
    cohort = moment_matched_cohort(
        patients=patients,
        fractions=fractions,
        group_mean_mm=mean,
        systematic_sd_mm=systematic,
        random_sd_mm=random,
        rng=np.random.default_rng(patients * 100 + fractions),
    )
    assert np.allclose(figures(cohort), [(mean, systematic, random)] * 3, rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"patients": 1}, "patients"),
        ({"fractions": 1}, "fractions"),
        ({"systematic_sd_mm": -1}, "systematic_sd_mm"),
        ({"random_sd_mm": [1, 2]}, "random_sd_mm"),
        ({"group_mean_mm": float("nan")}, "group_mean_mm"),
    ],
)
def test_impossible_targets_are_refused(changes, name):
    with pytest.raises(OutOfRange, match=name):
        build(**changes)
