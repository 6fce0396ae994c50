"""Coverage and error budget in the true workflow: there, the same bytes, and of this study."""

import subprocess

import polars as pl
import pytest

from tests.workflow.checkout import Checkout, tiny_shifts

CONFIG = """
study: covered
seed: 5
sources:
  - label: three patients
    path: shifts.csv
    quantity: setup_error
    timing: before_correction
    max_set_aside_share: 0.2
errors: {group_by: [site]}
margins: {recipes: [van_herk_linear, van_herk_tcp]}
error_budget:
  complete: false
  components:
    - {component: delineation, kind: systematic, lr_mm: 1, si_mm: 2, ap_mm: 1, source: made up}
target: {ctv_radius_mm: 20, fractions: 4, models: [logged, own_random_sd]}
present_margin_mm: {lr: 6, si: 6, ap: 8}
"""
TABLES = (
    "margin_coverage",
    "coverage_curve",
    "coverage_map",
    "error_budget_shares",
    "coverage_models",
    "dose_population",
)
FILES = [f"results/covered/tables/{name}.csv" for name in TABLES]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The tables made twice: with two threads, and with one."""
    checkout = Checkout.copy(tmp_path_factory.mktemp("coverage"))
    folders = []
    for threads in ("2", "1"):
        here = checkout.here / threads
        here.mkdir()
        (here / "covered.yaml").write_text(CONFIG)
        (here / "shifts.csv").write_text(tiny_shifts("a", "b", "c"))
        finished = subprocess.run(
            [*checkout.command("--configfile", "covered.yaml"), "--", *FILES],
            cwd=here,
            env={**checkout.environment, "NUMBA_NUM_THREADS": threads},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr
        folders.append(here)
    return folders


def test_the_same_bytes_whatever_the_threads(folders):
    two, one = folders
    for name in FILES:
        assert (two / name).read_bytes() == (one / name).read_bytes(), name


def test_every_margin_is_judged_by_the_data_and_by_the_whole_budget(folders):
    found = pl.read_csv(folders[0] / FILES[0], infer_schema_length=None)
    own = "set-up error before correction only"
    both = "set-up error before correction and delineation only"
    for covers in (own, both):
        kinds = found.filter(covers=covers).group_by("kind").len().sort("kind").rows()
        assert ("recipe", 2) in kinds
        # The logs hold nothing of what is declared beside them.
        logged = {"empirical"} if covers == own else set()
        assert {kind for kind, _ in kinds} == {"recipe", "present", "solved"} | logged
    present = found.filter(kind="present").select("covers", "coverage").rows()
    assert dict(present)[both] < dict(present)[own]
    assert found["fractions"].unique().to_list() == [4]
    assert found["ctv_radius_mm"].unique().to_list() == [20.0]


def test_the_budget_lists_the_data_and_the_component(folders):
    shares = pl.read_csv(folders[0] / FILES[3], infer_schema_length=None)
    assert shares["total"].unique().to_list() == ["margin for the listed errors"]
    assert set(shares["component"]) == {"set-up error before correction", "delineation"}
    assert shares.filter(kind="systematic", axis="si")["variance_share"].sum() == pytest.approx(1)


def test_other_models_of_the_errors_stand_beside_with_their_histograms(folders):
    models = pl.read_csv(folders[0] / FILES[4])
    assert set(models["model"]) == {"logged", "own_random_sd"}
    logged = models.filter(model="logged", kind="present")
    assert logged["coverage_low"].is_not_null().all()
    # Three patients: what cannot be told of their random SDs says why.
    others = models.filter(pl.col("coverage").is_null())
    assert others["reason"].is_not_null().all()
    histograms = pl.read_csv(folders[0] / FILES[5])
    assert "normal errors, ball" in set(histograms["model"])
    assert "logged errors resampled, ball" in set(histograms["model"])
