"""Borrowing from the literature: what is chosen, what it weighs, and that it is never silent."""

import math

import numpy as np
import polars as pl
import pytest

from popmargin.core.exceptions import NotEstimable, OutOfRange, RefusedInput
from popmargin.errors.population import axis_data, estimate_population_errors
from popmargin.errors.units import summarise_units
from popmargin.margins.borrowing import estimate_borrowed_margins
from popmargin.margins.estimate import WITHHELD
from popmargin.margins.literature_prior import literature_priors, select_literature
from popmargin.margins.published import published_population_errors
from popmargin.margins.registry import find_recipe

RECIPES = [find_recipe("stroom")]


def papers(systematic, random, axis="ap", patients=None):
    """One row a paper, as printed."""
    return pl.DataFrame(
        {
            "paper_id": [f"paper{place}" for place in range(len(systematic))],
            "axis": [axis] * len(systematic),
            "Sigma_mm": [str(value) for value in systematic],
            "sigma_mm": [str(value) for value in random],
            "n_patients": patients or [None] * len(systematic),
        },
        schema_overrides={"n_patients": pl.String},
    )


def cohort(patients=6, fractions=5, systematic=2.0, seed=1):
    rng = np.random.default_rng(seed)
    starts = systematic * rng.normal(size=patients)
    rows = [
        (f"p{place}", fraction, start + 2.0 * rng.normal(), rng.normal())
        for place, start in enumerate(starts)
        for fraction in range(1, fractions + 1)
    ]
    frame = pl.DataFrame(rows, schema=["patient_id", "fraction", "ap_mm", "lr_mm"], orient="row")
    return estimate_population_errors(axis_data(summarise_units(frame)))[0]


def borrow(estimates, rows, **options):
    priors = literature_priors(rows, between_scale=options.pop("between_scale", None))
    return estimate_borrowed_margins(estimates, priors, RECIPES, covers="test", **options)


LIKE = papers([1.8, 2.2, 2.0, 2.5], [1.9, 2.2, 2.0, 2.1])


def test_the_result_has_its_own_name_and_says_what_it_rests_on():
    rows, flags = borrow(cohort(), LIKE)
    (row,) = rows
    assert (row["axis"], row["estimator"]) == ("ap", "borrowed")
    assert row["papers"] == "paper0, paper1, paper2, paper3"
    assert [flag.code for flag in flags] == ["borrowed"]
    assert flags[0].severity == "warn"
    assert f"{row['systematic_sd_literature_patients']:.0f} patients" in flags[0].message
    assert 0.0 < row["systematic_sd_literature_share"] <= 1.0
    expected = 2.0 * row["systematic_sd_mm"] + 0.7 * row["random_sd_mm"]
    assert row["margin_mm"] == pytest.approx(expected)
    own = 2.0 * row["systematic_sd_own_mm"] + 0.7 * row["random_sd_own_mm"]
    assert row["margin_own_mm"] == pytest.approx(own)


def test_a_small_cohort_gains_and_a_large_one_hardly_changes():
    small, large = cohort(6), cohort(120)
    (of_small,), _ = borrow(small, LIKE)
    (of_large,), _ = borrow(large, LIKE)
    own = next(item for item in small if item.axis == "ap").estimate.systematic
    width = of_small["systematic_sd_high_mm"] - of_small["systematic_sd_low_mm"]
    assert width < 0.6 * (own.high - own.low)
    assert of_large["systematic_sd_mm"] == pytest.approx(of_large["systematic_sd_own_mm"], rel=0.05)
    # The papers' spread weighs 21 patients: against 120 noisy ones a quarter, against 6 nearly all.
    assert of_large["systematic_sd_literature_share"] == pytest.approx(0.22, abs=0.06)
    assert of_small["systematic_sd_literature_share"] > 0.7


def test_a_systematic_sd_of_zero_is_drawn_towards_the_literature():
    estimates = next(
        found
        for found in (cohort(5, 3, systematic=0.1, seed=seed) for seed in range(20))
        if found[1].estimate.systematic_sd == 0.0
    )
    (row,), _ = borrow(estimates, LIKE, between_scale=0.3)
    assert row["systematic_sd_own_mm"] == 0.0
    assert row["systematic_sd_low_mm"] > 0.3
    assert row["margin_mm"] > row["margin_own_mm"]


def test_disagreement_is_said():
    _, flags = borrow(cohort(60), papers([0.3, 0.25, 0.35], [2.0, 2.1, 1.9]))
    assert [flag.code for flag in flags] == ["borrowed", "literature_disagrees"]
    assert "systematic_sd" in flags[1].message


def test_single_fractions_need_the_literature_for_both_sds():
    (row,), flags = borrow(cohort(8, fractions=1), LIKE)
    assert row["systematic_sd_own_mm"] is None
    assert row["margin_own_mm"] is None
    assert row["margin_low_mm"] < row["margin_mm"] < row["margin_high_mm"]
    assert "not estimable becomes" in flags[0].message


def test_one_patient_is_not_estimable_with_any_literature():
    (row,), flags = borrow(cohort(1), LIKE)
    assert (row["systematic_sd_mm"], row["margin_mm"]) == (None, None)
    assert "at least 2 groups" in row["reason"]
    assert [flag.code for flag in flags] == ["not_estimable"]


def test_withheld_margins_are_empty():
    (row,), _ = borrow(cohort(), LIKE, withheld=True)
    assert (row["margin_mm"], row["margin_own_mm"], row["reason"]) == (None, None, WITHHELD)
    assert row["systematic_sd_mm"] is not None


def test_each_paper_counts_once_as_the_geometric_mean_of_its_rows():
    doubled = pl.concat([LIKE, LIKE.with_columns(pl.lit("8.0").alias("Sigma_mm")).head(1)])
    (prior,) = literature_priors(doubled)
    assert prior.systematic.studies == 4
    values = [math.sqrt(1.8 * 8.0), 2.2, 2.0, 2.5]
    assert prior.systematic.mean == pytest.approx(np.log(values).mean())


def test_printed_zeros_are_left_out_and_caps_widen():
    (prior,) = literature_priors(papers([0.0, 2.0, 3.0, 1.0], [1.0, 2.0, 1.5, 2.5]))
    assert (prior.systematic.studies, prior.random.studies) == (3, 4)
    (capped,) = literature_priors(LIKE, most_patients=4.0)
    assert capped.systematic.effective_groups == pytest.approx(4.0)
    with pytest.raises(OutOfRange, match="groups"):
        literature_priors(LIKE, most_patients=1.0)


def test_two_papers_need_a_stated_spread():
    two = papers([1.0, 2.0], [1.0, 2.0], patients=["20", "41"])
    with pytest.raises(NotEstimable, match="needs 3 studies"):
        literature_priors(two)
    (prior,) = literature_priors(two, between_scale=0.4)
    weights = np.array([1 / (0.16 + 0.5 / 19), 1 / (0.16 + 0.5 / 40)])
    assert prior.systematic.mean == pytest.approx(weights[1] * math.log(2.0) / weights.sum())


def test_published_rows_are_chosen_by_name_with_axes_beyond_doubt():
    table = published_population_errors()
    rows = select_literature(table, site="head and neck")
    assert rows["paper_id"].unique().to_list() == ["DebIJRMS"]
    assert sorted(rows["axis"].to_list()) == ["ap", "lr", "si"]
    brain = select_literature(table, site="brain", state="as imaged")
    assert set(brain["unit"]) == {"mm"}


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"site": "spleen"}, "choose from: .*prostate"),
        ({"site": "prostate", "quantity": "nonsense"}, r"total error .*\(no correction\)"),
        ({"site": "rectum"}, "none that can be used"),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(options, word):
    with pytest.raises(RefusedInput, match=word):
        select_literature(published_population_errors(), **options)
