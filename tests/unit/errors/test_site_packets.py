"""Packets pooled are the pooled rows; no packet tells of a patient."""

import itertools
import json
import math

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.core.exceptions import OutOfRange, RefusedInput
from popmargin.errors.centre_packet import summarise_centre
from popmargin.errors.centres import estimate_centre_errors, pooled_centre_errors
from popmargin.errors.disclosure import difference_flags
from popmargin.errors.packet import SitePacket
from popmargin.errors.pooled_packets import pool_packets
from popmargin.errors.population import axis_data, estimate_population_errors
from popmargin.errors.select import select_images
from popmargin.errors.units import summarise_units
from tests.unit.errors.cohort_of_centres import packet, shifts

EXACT = 1e-12


def rows_of(groups, estimator, random="rms"):
    found, _ = estimate_population_errors(groups, estimators=[estimator], random=random)
    return [item.row() for item in found]


def assert_equal(pooled, whole, tolerance):
    assert len(pooled) == len(whole) > 0
    for a, b in zip(pooled, whole, strict=True):
        assert a.keys() == b.keys()
        for name, value in b.items():
            if isinstance(value, float):
                assert a[name] == pytest.approx(value, rel=tolerance, abs=tolerance), name
            else:
                assert a[name] == value, name


@pytest.mark.parametrize(
    ("estimator", "random", "tolerance"),
    [
        ("anova", "rms", EXACT),
        ("conventional", "rms", EXACT),
        ("conventional", "pooled", EXACT),
        ("conventional", "mean", EXACT),
        ("reml", "rms", 1e-9),
    ],
)
def test_pooled_packets_are_the_pooled_rows_with_all_intervals(estimator, random, tolerance):
    frames = [shifts(name, 20 + 4 * k, seed=k, sites=("lung", "brain")) for k, name in
              enumerate("ABC")]  # fmt: skip
    whole = axis_data(summarise_units(pl.concat(frames), group_by=["site"]))
    packets = [packet(f, c, ["site"]) for f, c in zip(frames, "ABC", strict=True)]
    data, flags = pool_packets(packets)
    pooled = [item.pooled for item in data]
    assert flags == []
    assert_equal(rows_of(pooled, estimator, random), rows_of(whole, estimator, random), tolerance)


@pytest.mark.parametrize("sizes", [(5,), (4, 6)])
def test_three_levels_of_packets_are_those_of_the_rows(sizes):
    frames = [shifts(name, 12, seed=k, sizes=sizes) for k, name in enumerate("ABCD")]
    selected = select_images(pl.concat(frames).lazy()).collect()
    data, _ = pool_packets([packet(f, c) for f, c in zip(frames, "ABCD", strict=True)])
    assert_equal(pooled_centre_errors(data), estimate_centre_errors(selected), 1e-9)


def test_merged_sizes_keep_moment_estimates_exact_and_intervals_near():
    frames = [shifts(n, 15, seed=k, sizes=(3, 5, 6, 8, 9, 12)) for k, n in enumerate("ABC")]
    whole = axis_data(summarise_units(pl.concat(frames)))
    data, flags = pool_packets([packet(f, c) for f, c in zip(frames, "ABC", strict=True)])
    pooled = [item.pooled for item in data]
    assert [flag.code for flag in flags] == ["sizes_merged"]
    assert not any(cell.exact for cell in packet(frames[0], "A").cells)
    # What merging 3 to 12 fractions costs the limits of intervals at most; 18 to 25 cost 0.3 %.
    for estimator, near in (("anova", 0.03), ("conventional", 0.1)):
        points = [
            [
                {k: v for k, v in row.items() if "_low" not in k and "_high" not in k}
                for row in rows_of(groups, estimator)
            ]
            for groups in (pooled, whole)
        ]
        for part in points:
            for row in part:
                row.pop("systematic_sd_upper_mm"), row.pop("random_sd_upper_mm")
        assert_equal(*points, EXACT)
        assert_equal(rows_of(pooled, estimator), rows_of(whole, estimator), near)
    sds = [{k: v for k, v in row.items() if "mean" not in k and "untr" not in k} for row in
           rows_of(pooled, "reml")]  # fmt: skip
    true = [{k: row[k] for k in sds[0]} for row in rows_of(whole, "reml")]
    assert_equal(sds, true, 0.04)


@given(st.permutations("ABCD"))
@settings(deadline=None, max_examples=8)
def test_the_order_of_packets_changes_no_bit(order):
    made = {name: packet(shifts(name, 10, seed=ord(name)), name) for name in order}
    one, _ = pool_packets([made[name] for name in order])
    other, _ = pool_packets([made[name] for name in "ABCD"])
    for estimator in ("anova", "reml"):
        first, second = ([item.pooled for item in part] for part in (one, other))
        assert rows_of(first, estimator) == rows_of(second, estimator)
    assert pooled_centre_errors(one) == pooled_centre_errors(other)


def test_no_class_and_no_group_is_smaller_than_the_smallest_group():
    frame = shifts("A", 31, sizes=tuple(range(2, 14)), sites=("lung",) * 7 + ("rare",))
    made = packet(frame, "A", ["site"])
    # Three of thirty-one patients have the rare site: it is left out, its name too.
    assert made.suppressed == 3
    assert "rare" not in json.dumps(made.document())
    assert "A-0" not in json.dumps(made.document())
    for cell in made.cells:
        assert cell.n_patients == 28
        assert min(part.n_patients for part in cell.classes) >= 5
        for a, b in itertools.pairwise(cell.classes):
            assert a.largest_size < b.smallest_size
    for wider in (8, 20):
        cells = packet(frame, "A", ["site"], smallest_group=wider).cells
        assert min(part.n_patients for cell in cells for part in cell.classes) >= wider


def test_patients_are_counted_not_plans():
    """Five plans of one patient are one patient."""
    frame = shifts("A", 6).with_columns(
        pl.when(pl.col("patient_id") < "A-005").then(pl.lit("A-000")).otherwise("patient_id")
        .alias("patient_id"),
        plan=pl.col("patient_id"),
    )  # fmt: skip
    with pytest.raises(RefusedInput, match="at least 5 patients"):
        packet(frame, "A")


def test_too_small_groups_and_labels_are_refused():
    units = summarise_units(shifts("A", 6))
    with pytest.raises(OutOfRange, match="smallest_group"):
        summarise_centre(units, centre="A", timing="before_correction", smallest_group=4)
    with pytest.raises(RefusedInput, match="label"):
        summarise_centre(units, centre=" ", timing="before_correction")


def test_packets_that_do_not_fit_are_refused():
    a, b = packet(shifts("A", 6), "A"), packet(shifts("B", 6), "B", ["site"])
    with pytest.raises(RefusedInput, match="one packet per centre"):
        pool_packets([a, a])
    with pytest.raises(RefusedInput, match="group_by"):
        pool_packets([a, b])


def codes(new, *earlier):
    return [flag.code for flag in difference_flags(new, earlier)]


def test_differences_between_packets_are_refused():
    frame = shifts("A", 20, sites=("lung", "brain"))
    whole = packet(frame, "A")
    assert codes(whole, whole) == []
    fewer = packet(frame.filter(pl.col("patient_id") > "A-001"), "A")
    flags = difference_flags(whole, [fewer])
    assert {flag.code for flag in flags} == {"difference_attack"}
    assert {flag.patients for flag in flags} == {2}
    assert codes(fewer, whole) != []
    # One more fraction of one patient: the difference is that fraction.
    changed = packet(frame.filter(pl.int_range(pl.len()) != 3), "A")
    assert set(codes(changed, whole)) == {"difference_attack"}
    # Five new patients are a group of their own.
    assert codes(packet(shifts("A", 25, sites=("lung", "brain")), "A"), whole) == []


def test_groups_within_groups_are_compared():
    frame = shifts("A", 24, sites=("lung", "brain"))
    by_site = packet(frame, "A", ["site"])
    assert codes(packet(frame, "A"), by_site) == []
    # The rare site was left out; the whole minus the others would give it away.
    rare = frame.with_columns(
        pl.when(pl.col("patient_id") < "A-003").then(pl.lit("rare")).otherwise("site").alias("site")
    )
    sent = packet(rare, "A", ["site"])
    assert sent.suppressed == 3
    assert set(codes(packet(rare, "A"), sent)) == {"difference_attack"}
    assert codes(packet(shifts("B", 20), "B"), sent) == ["packet_of_another_centre"]


def test_a_packet_survives_its_document():
    made = packet(shifts("A", 20, sizes=(3, 4, 9)), "A", ["site"])
    assert SitePacket.from_document(json.loads(json.dumps(made.document()))) == made
    assert all(math.isfinite(cell.totals.variances) for cell in made.cells)
