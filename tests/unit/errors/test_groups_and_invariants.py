"""Groups by any text column; what relabelling, shifting, scaling and shuffling must leave alone."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.core.exceptions import RefusedInput
from popmargin.errors import unit_sums
from popmargin.errors.population import axis_data, errors_table, estimate_population_errors
from popmargin.errors.select import select_images
from popmargin.errors.units import summarise_units

NAMES = ["patient_id", "fraction", "lr_mm", "si_mm", "ap_mm"]
ESTIMATES = ("group_mean_mm", "systematic_sd_mm", "random_sd_mm")


def shifts(positions, /, **columns):
    table = pl.DataFrame(positions, schema=NAMES, orient="row")
    return table.with_columns(pl.Series(name, values) for name, values in columns.items())


def estimate(table, by=(), estimator="anova", **choice):
    groups = axis_data(summarise_units(table, group_by=by, **choice))
    estimates, _ = estimate_population_errors(groups, estimators=[estimator])
    return errors_table(estimates)


# Whole micrometres: sums and differences of them are what they look like.
MICRO = st.integers(-20_000, 20_000)
SIZES = st.lists(st.integers(1, 5), min_size=2, max_size=6)


@st.composite
def cohorts(draw):
    sizes = draw(SIZES)
    return [
        (f"p{patient}", fraction, *(draw(MICRO) / 1000 for _ in range(3)))
        for patient, size in enumerate(sizes)
        for fraction in range(1, size + 1)
    ]


@given(cohorts(), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=25)
def test_shuffled_rows_and_relabelled_ids_change_no_bit(rows, rng):
    expected = estimate(shifts(rows))
    shuffled = list(rows)
    rng.shuffle(shuffled)
    assert estimate(shifts(shuffled)).equals(expected)
    new = [f"0{n}" for n in range(len(rows))]
    rng.shuffle(new)
    names = {patient: new[n] for n, patient in enumerate(dict.fromkeys(r[0] for r in rows))}
    assert estimate(shifts([(names[p], *rest) for p, *rest in rows])).equals(expected)


@given(cohorts(), st.integers(-50, 50))
@settings(deadline=None, max_examples=25)
def test_a_common_shift_moves_only_the_group_mean(rows, step):
    before = estimate(shifts(rows))
    after = estimate(shifts(rows).with_columns(pl.col("lr_mm", "si_mm", "ap_mm") + step))
    for old, new in zip(before.to_dicts(), after.to_dicts(), strict=True):
        if old["group_mean_mm"] is not None:
            assert new["group_mean_mm"] == pytest.approx(old["group_mean_mm"] + step, abs=1e-9)
        for name in ("systematic_sd_mm", "random_sd_mm", "systematic_variance_untruncated_mm2"):
            assert (new[name] is None) == (old[name] is None)
            if old[name] is not None:
                assert new[name] == pytest.approx(old[name], rel=1e-9, abs=1e-9)


@given(cohorts(), st.sampled_from([0.5, 2.0, -1.0, -4.0]))
@settings(deadline=None, max_examples=25)
def test_another_scale_scales_every_estimate(rows, factor):
    before = estimate(shifts(rows))
    after = estimate(shifts(rows).with_columns(pl.col("lr_mm", "si_mm", "ap_mm") * factor))
    for old, new in zip(before.to_dicts(), after.to_dicts(), strict=True):
        for name, by in zip(ESTIMATES, (factor, abs(factor), abs(factor)), strict=True):
            if old[name] is None:
                assert new[name] is None
            else:
                assert new[name] == pytest.approx(old[name] * by, rel=1e-9, abs=1e-9)


def test_axes_do_not_speak_to_each_other():
    rows = [(f"p{p}", f, p + f / 7, f * 0.3, p * f) for p in range(4) for f in (1, 2, 3)]
    table = shifts(rows)
    turned = table.rename({"lr_mm": "ap_mm", "ap_mm": "lr_mm"})
    for old, new in (("lr", "ap"), ("si", "si"), ("ap", "lr")):
        drop = ["axis", "reason"]
        expected = estimate(table).filter(axis=old).drop(drop)
        assert estimate(turned).filter(axis=new).drop(drop).equals(expected)


ROWS = [(f"p{p}", f, p + f / 7, f * 0.3, p * f / 3) for p in range(6) for f in range(1, 9)]
SITE = ["lung" if p % 2 else "brain" for p in range(6) for _ in range(8)]


def test_a_group_is_what_its_rows_alone_give():
    table = shifts(ROWS, site=SITE)
    by_site = estimate(table, by=["site"])
    for site in ("brain", "lung"):
        alone = estimate(table.filter(site=site))
        drop = ["group", "site"]
        group = by_site.filter(site=site).drop(drop)
        assert group.equals(alone.drop("group"))


@pytest.mark.parametrize("column", ["course", "plan"])
def test_groups_may_be_courses_or_plans(column):
    table = shifts(ROWS, **{column: [str(1 + f // 5) for _, f, *_ in ROWS]})
    found = estimate(table, by=[column])
    assert found[column].to_list() == ["1"] * 3 + ["2"] * 3
    assert found["n_patients"].unique().to_list() == [6]
    assert found["n_fractions"].to_list() == [24] * 6
    chosen = select_images(table.lazy(), group_by=[column]).collect()
    assert chosen.height == len(ROWS)
    summaries = summarise_units(table, group_by=[column]).summaries()
    assert summaries["n_fractions"].sum() == 3 * len(ROWS)


def test_groups_whose_labels_read_the_same_stay_apart():
    table = shifts(ROWS, site=[site if site == "lung" else None for site in SITE])
    table = table.with_columns(
        pl.when(pl.col("patient_id") == "p0")
        .then(pl.lit("not stated"))
        .otherwise(pl.col("site"))
        .alias("site")
    )
    found = estimate(table, by=["site"]).filter(axis="lr")
    assert found["n_patients"].to_list() == [3, 2, 1]
    assert found["group"].to_list() == ["lung", "not stated", "not stated"]


def test_a_column_may_be_called_mask_or_rows():
    table = shifts(ROWS, mask=SITE, rows=SITE)
    for by in (["mask"], ["rows"], ["mask", "rows"]):
        assert estimate(table, by=by).height == 6


@pytest.mark.parametrize("column", ["patient_id", "fraction", "lr_mm", "source_row"])
def test_what_is_no_group_is_refused(column):
    table = shifts(ROWS, source_row=range(2, 50), site=SITE)
    with pytest.raises(RefusedInput, match="group by one of site"):
        estimate(table, by=[column])


@pytest.mark.parametrize("by", [["axis"], ["recipe"], ["group", "site"]])
def test_a_group_column_with_the_name_of_a_result_is_refused(by):
    table = shifts(ROWS, site=SITE, axis=SITE, recipe=SITE, group=SITE)
    with pytest.raises(RefusedInput, match="name of a result"):
        estimate(table, by=by)
    assert estimate(table, by=["group"])["group"].unique().sort().to_list() == ["brain", "lung"]


def test_long_tables_are_summed_by_compiled_code_to_the_same_bits(monkeypatch):
    table = shifts(ROWS * 2, plan=["1"] * 48 + ["2"] * 48).sample(fraction=1, shuffle=True, seed=1)
    once = summarise_units(table, group_by=["plan"]).summaries()
    monkeypatch.setattr(unit_sums, "_LONG", 20)
    assert summarise_units(table, group_by=["plan"]).summaries().equals(once)
    assert summarise_units(table.sort("patient_id"), group_by=["plan"]).summaries().equals(once)


@given(st.permutations(range(7)))
@settings(deadline=None, max_examples=25)
def test_the_mean_of_several_images_is_free_of_their_order(order):
    values = [0.1, 0.2, 0.3, 1e-3, 7.7, -3.3, 0.7]
    rows = [("a", 1, values[n], 0.0, 0.0) for n in order]
    found = select_images(shifts(rows).lazy(), image="mean").collect()
    assert found["lr_mm"].to_list() == [5_701_000_000 / 7e9]


def test_an_image_that_lacks_an_axis_leaves_it_unmeasured():
    rows = [("a", 1, None, 1.0, 1.0), ("a", 1, 5.0, 9.0, 9.0), ("a", 2, 2.0, 2.0, 2.0)]
    summaries = summarise_units(shifts(rows, image=[1, 2, 1])).summaries()
    assert summaries.select("axis", "n_fractions", "mean").rows() == [
        ("lr", 1, 2.0),
        ("si", 2, 1.5),
        ("ap", 2, 1.5),
    ]


@pytest.mark.parametrize("image", ["first", "last", "mean"])
def test_a_fraction_without_an_axis_has_none_in_any_image(image):
    rows = [("a", 1, None, 1.0, 1.0), ("a", 1, None, 3.0, 1.0), ("a", 2, 2.0, 2.0, 2.0)]
    chosen = select_images(shifts(rows).lazy(), image=image).collect().sort("fraction")
    assert chosen["lr_mm"].to_list() == [None, 2.0]
    summaries = summarise_units(shifts(rows), image=image).summaries()
    assert summaries.filter(axis="lr")["n_fractions"].to_list() == [1]


def test_a_refused_timing_names_those_that_are_there():
    table = shifts(ROWS, timing=["after_correction"] * 48, surrogate=["bone"] * 47 + [None])
    with pytest.raises(
        RefusedInput, match="only after_correction and not stated; after_correction"
    ):
        summarise_units(table)
