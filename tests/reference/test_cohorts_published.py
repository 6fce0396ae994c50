"""The example cohorts give back the published figures, and say where these come from."""

import csv
import io

import numpy as np
import polars as pl
import pytest

from popmargin.cohorts.published import example_cohorts, published_cohort, published_cohorts
from popmargin.core.exceptions import WrongUsage
from popmargin.core.resources import resource_path
from tests.oracles.cohorts_figures import conventional_figures

LABELS = ("prostate", "head_and_neck", "lung", "breast", "brain", "liver")

# Printed figures, entered here again by hand: (M, Sigma, sigma) of lr, si, ap.
PRINTED = {
    "prostate": [(0, 2.0, 2.9), (0, 2.7, 3.9), (0, 2.6, 4.3)],
    "head_and_neck": [(-0.1, 0.9, 1.1), (-0.3, 1.3, 1.3), (-0.6, 0.6, 0.7)],
    "lung": [(0.1, 1.3, 0.9), (0.4, 1.1, 1.0), (-0.3, 1.2, 1.0)],
    "breast": [(-0.5, 3.4, 4.2), (-0.5, 3.9, 3.4), (1.4, 3.1, 3.4)],
    "brain": [(0, 0.72, 0.31), (0, 1.57, 0.46), (0, 0.97, 0.54)],
    "liver": [(1.0, 1.5, 1.8), (1.0, 3.1, 3.6), (-1.0, 1.6, 2.7)],
}


@pytest.mark.parametrize("label", LABELS)
def test_published_figures_come_back_through_csv(label):
    stream = io.BytesIO()
    published_cohort(label, rng=np.random.default_rng(11)).write_csv(stream)
    stream.seek(0)
    cohort = pl.read_csv(stream)
    recovered = [
        conventional_figures(cohort.select("patient_id", axis).rows())
        for axis in ("lr_mm", "si_mm", "ap_mm")
    ]
    assert np.allclose(recovered, PRINTED[label], rtol=0, atol=1e-9)


def test_graf_margins_of_the_paper_follow():
    # Graf 2009, Table 4: 2.5 Sigma + 0.7 sigma printed as 7.0, 9.5, 9.5 mm
    margins = [2.5 * systematic + 0.7 * random for _, systematic, random in PRINTED["prostate"]]
    assert np.allclose(margins, [7.0, 9.5, 9.5], rtol=0, atol=0.05)


def test_one_table_of_all_cohorts():
    cohorts = published_cohorts(seed=1)
    assert cohorts["patient_id"].n_unique() == 23 + 23 + 30 + 30 + 28 + 73
    assert cohorts.height == 35 * cohorts["patient_id"].n_unique()
    assert cohorts["patient_id"].str.starts_with("synthetic-").all()
    assert cohorts["centre"].unique().to_list() == ["synthetic"]
    assert cohorts.equals(published_cohorts(seed=1))
    assert not cohorts.equals(published_cohorts(seed=2))


def test_unknown_label_names_those_that_exist():
    with pytest.raises(WrongUsage, match="no example cohort 'knee'; there are prostate"):
        published_cohort("knee", rng=np.random.default_rng(1))


def test_every_row_has_its_pedigree():
    table = example_cohorts()
    for column in ("citation", "url", "status", "licence_note", "sign_status", "note"):
        assert table[column].null_count() == 0, column
    assumed = table.filter(pl.col("group_mean_status") == "not published, 0 assumed")
    assert assumed["group_mean_mm"].abs().max() == 0.0
    assert table.group_by("label").agg(pl.col("axis").sort())["axis"].to_list() == [
        ["ap", "lr", "si"]
    ] * len(LABELS)


def test_selection_agrees_with_the_literature_table():
    path = resource_path("reference") / "literature_population_errors.csv"
    if not path.exists():
        pytest.skip("the literature table is not part of this installation")
    with path.open(encoding="utf-8", newline="") as stream:
        literature = {row["row"]: row for row in csv.DictReader(stream)}
    for row in example_cohorts().to_dicts():
        source = literature[str(row["source_row"])]
        assert source["axis"] == row["published_axis"]
        assert source["paper_id"] == row["paper_id"]
        assert float(source["M_mm"] or 0) == row["group_mean_mm"]
        assert float(source["Sigma_mm"]) == row["systematic_sd_mm"]
        assert float(source["sigma_mm"]) == row["random_sd_mm"]


def test_every_packaged_table_of_the_examples_has_a_source():
    sources = pl.read_csv(resource_path("reference", "SOURCES.csv"))
    assert sources.null_count().sum_horizontal().sum() == 0
    for name in (
        "example_cohorts.csv",
        "literature_lung_random_errors.csv",
        "literature_protocols.csv",
        "real_sparing_factors.csv",
        "vanherk2004_teaching_set.csv",
    ):
        assert resource_path("reference", name).exists()
        assert name in sources["file"].to_list()
