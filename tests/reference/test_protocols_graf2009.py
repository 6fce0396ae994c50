"""Graf et al. 2009 (Radiat Oncol 4:13, table 4): 0, 1, 3 and 5 corrections a week, replayed.

Our reading of the published rule: on an imaged day act when the 3-D length exceeds 5 mm, and leave
each axis clipped to 3 mm. 23 patients and 184 images are too few to replay without sampling noise,
so a large cohort with the uncorrected figures of the paper stands for them. The margin printed for
AP at three times a week (7.7 mm) does not follow from the Sigma and sigma printed beside it
(2.5 * 1.7 + 0.7 * 3.3 = 6.56 mm) and is left out; its Sigma and sigma are compared.
"""

import csv

import numpy as np
import pytest

from popmargin.cohorts.moment_matched import moment_matched_cohort
from popmargin.core.resources import resource_path
from popmargin.protocols.courses import courses_from_shifts
from popmargin.protocols.parse import parse_protocol
from popmargin.protocols.replay import replay_protocols

ACTION = "carry=false,threshold_mm=5,rule=vector,residual_mm=3"
PROTOCOLS = {
    "none": "no_imaging",
    "1x/week 5 mm threshold residual 3 mm": f"weekly:first=0,per_week=1,{ACTION}",
    "3x/week 5 mm threshold residual 3 mm": f"weekly:first=0,per_week=3,{ACTION}",
    "5x/week 5 mm threshold residual 3 mm": f"weekly:first=0,per_week=5,{ACTION}",
}
DOES_NOT_CLOSE = ("3x/week 5 mm threshold residual 3 mm", "AP")


@pytest.fixture(scope="module")
def published():
    path = resource_path("reference", "literature_protocols.csv")
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return [row for row in rows if row["paper_id"] == "Graf2009"]


@pytest.fixture(scope="module")
def replayed(published):
    before = {row["axis"]: row for row in published if row["protocol"] == "none"}
    cohort = moment_matched_cohort(
        patients=2000,
        fractions=35,
        group_mean_mm=0,
        systematic_sd_mm=[float(before[axis]["Sigma_mm"]) for axis in ("LR", "SI", "AP")],
        random_sd_mm=[float(before[axis]["sigma_mm"]) for axis in ("LR", "SI", "AP")],
        rng=np.random.default_rng(2009),
    )
    rows, _ = replay_protocols(
        courses_from_shifts(cohort),
        [parse_protocol(text) for text in PROTOCOLS.values()],
        recipe="van_herk_linear",
        estimator="conventional",
    )
    return {
        (row["protocol"], row["axis"].upper()): row
        for row in rows.filter(phase="course").iter_rows(named=True)
    }


def test_the_table_has_twelve_rows(published):
    assert len(published) == 12
    assert {row["protocol"] for row in published} == set(PROTOCOLS)


def test_margins_within_half_a_millimetre(published, replayed):
    for row in published:
        left = replayed[PROTOCOLS[row["protocol"]], row["axis"]]
        printed = float(row["margin_mm"])
        closes = abs(2.5 * float(row["Sigma_mm"]) + 0.7 * float(row["sigma_mm"]) - printed) < 0.2
        assert closes == ((row["protocol"], row["axis"]) != DOES_NOT_CLOSE)
        if closes:
            assert abs(left["margin_mm"] - printed) < 0.5, row


def test_systematic_and_random_sd_to_a_tenth_of_a_millimetre_overall(published, replayed):
    deviations = [
        replayed[PROTOCOLS[row["protocol"]], row["axis"]][name] - float(row[printed])
        for row in published
        if row["protocol"] != "none"
        for name, printed in (("systematic_sd_mm", "Sigma_mm"), ("random_sd_mm", "sigma_mm"))
    ]
    assert len(deviations) == 18
    assert np.sqrt(np.mean(np.square(deviations))) == pytest.approx(0.09, abs=0.01)


def test_images_per_patient(replayed):
    images = [replayed[text, "LR"]["images_per_patient"] for text in PROTOCOLS.values()]
    assert images == [0, 7, 21, 35]
