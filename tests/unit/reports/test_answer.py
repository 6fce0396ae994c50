"""The answer block: the recommended recipe, what it covers, and when it may be called PTV."""

import polars as pl
import pytest

from popmargin.reports.answer import answers, is_ptv_margin, recommended_recipe
from tests.figures.synthetic_study import STUDY, study_tables

COMPLETE = STUDY | {"error_budget": {"complete": True}}


@pytest.fixture
def margins():
    return study_tables()["margins"]


def test_one_answer_per_group_with_the_first_recipe_of_the_study(margins):
    found = answers(margins, STUDY | {"margins": {"recipes": ["stroom", "van_herk"]}})
    assert [a.group for a in found] == margins["group"].unique(maintain_order=True).to_list()
    assert {a.recipe for a in found} == {"stroom"}


def test_recipe_that_the_table_lacks_is_passed_over(margins):
    study = {"margins": {"recipes": ["bir", "parker"]}}
    assert recommended_recipe(margins, study) == "parker"
    assert recommended_recipe(margins, {}) == "van_herk"


def test_numbers_of_a_group(margins):
    row = margins.filter(group="prostate (synthetic)", recipe="van_herk", axis="si")
    axis = answers(margins, STUDY)[0].axes[1]
    assert axis.label == "superior-inferior"
    assert axis.margin == f"{row['margin_mm'].item():.1f}"
    low, high = row["margin_low_mm"].item(), row["margin_high_mm"].item()
    assert axis.interval == f"{low:.1f} to {high:.1f} mm"
    assert (axis.present, axis.verdict) == ("in use: 7.0 mm", "below the interval")


def test_sentence_holds_the_sizes_and_no_symbol(margins):
    sentence = answers(margins, STUDY)[0].sentence
    assert sentence.startswith("If future patients are like these 23, about 6.9 mm left-right, ")
    assert not set(sentence) & set("Σσβα±")


@pytest.mark.parametrize(
    ("covers", "said"),
    [
        ("set-up error before correction only, matched on bone", "without image guidance"),
        ("residual error after correction only", "left after correction"),
        ("set-up error before correction, delineation only", "it covers only the errors named"),
    ],
)
def test_partial_margin_is_never_called_a_ptv_margin(margins, covers, said):
    for study in (STUDY, COMPLETE):
        answer = answers(margins.with_columns(covers=pl.lit(covers)), study)[0]
        assert answer.heading == "margin for the listed errors"
        assert "not a PTV margin" in answer.meaning
        assert said in answer.meaning


def test_ptv_margin_needs_a_complete_budget_and_words_for_it():
    words = "set-up error, delineation and motion during treatment"
    assert is_ptv_margin(words, COMPLETE)
    assert (
        answers(study_tables()["margins"].with_columns(covers=pl.lit(words)), COMPLETE)[0].heading
        == "PTV margin"
    )
    assert not is_ptv_margin(words, STUDY)
    assert not is_ptv_margin("not stated", COMPLETE)


def test_withheld_margins_show_no_number(margins):
    columns = [c for c in margins.columns if c.startswith("margin")]
    withheld = margins.with_columns(
        *(pl.lit(None, dtype=pl.Float64).alias(c) for c in columns),
        reason=pl.lit("withheld by a blocking flag"),
    )
    answer = answers(withheld, STUDY)[0]
    assert [axis.margin for axis in answer.axes] == ["none given"] * 3
    assert (answer.withheld, answer.sentence) == ("withheld by a blocking flag", "")


def test_one_axis_that_is_not_estimable_is_named(margins):
    gap = margins.with_columns(
        margin_mm=pl.when(axis="ap").then(None).otherwise("margin_mm"),
        reason=pl.when(axis="ap").then(pl.lit("no column ap_mm")),
    )
    answer = answers(gap, STUDY)[0]
    assert answer.withheld == "not estimable: no column ap_mm"
    assert answer.axes[0].margin != "none given"
    assert answer.sentence == ""


def test_a_group_that_lay_off_centre_is_told_so(margins):
    errors = study_tables()["population_errors"]
    group = answers(margins, STUDY)[0].group
    one = (pl.col("group") == group) & (pl.col("estimator") == "anova")

    def with_mean(axis, low, mean, high):
        here = one & (pl.col("axis") == axis)
        ends = {"_low": low, "": mean, "_high": high}
        return errors.with_columns(
            pl.when(one)
            .then(pl.lit(-1.0 if end == "_low" else 1.0))
            .otherwise(f"group_mean{end}_mm")
            .alias(f"group_mean{end}_mm")
            for end in ends
        ).with_columns(
            pl.when(here)
            .then(pl.lit(value))
            .otherwise(f"group_mean{end}_mm")
            .alias(f"group_mean{end}_mm")
            for end, value in ends.items()
        )

    def said(table):
        return answers(margins, STUDY, errors=table)[0].off_centre

    assert "lay 2.0 mm (1.0 to 4.0) inferior: no recipe" in said(with_mean("si", -4.0, -2.0, -1.0))
    assert "lay 2.0 mm (1.0 to 4.0) left: no recipe" in said(with_mean("lr", 1.0, 2.0, 4.0))
    assert said(with_mean("ap", -1.0, 2.0, 4.0)) == ""
