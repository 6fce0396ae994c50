"""What the config refuses of outcomes and trials before anything runs."""

import pytest

from popmargin.core.exceptions import PopmarginError
from popmargin.pipeline.config import load_study

HEAD = """
study: s
sources:
  - {label: images, path: shifts.csv, quantity: setup_error, timing: before_correction}
"""
TRIAL = """
trial:
  title: t
  group: all
  endpoint: e
  control_label: c
  experimental_label: x
  risk_control: 0.3
  risk_experimental: 0.2
"""


def load(folder, text):
    (folder / "shifts.csv").write_text("patient_id,fraction,lr_mm,si_mm,ap_mm\n")
    (folder / "outcomes.csv").write_text("patient_id\n")
    file = folder / "study.yaml"
    file.write_text(HEAD + text)
    return load_study(file)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "outcomes: {dose_volume: {kind: cumulative, responses: [{structure: rectum}]}}",
            "a source of table dvh",
        ),
        (
            "  - {label: plans, table: dvh, path: outcomes.csv}\n"
            "outcomes: {dose_volume: {kind: cumulative, responses: ["
            "{structure: rectum, ntcp_set: rectum_mixed}]}}",
            "one source",
        ),
        (
            "  - {label: plans, table: dvh, path: outcomes.csv}\n"
            "outcomes: {dose_volume: {kind: cumulative, responses: ["
            "{structure: rectum, endpoint: gi}]}}",
            "a source of table outcomes",
        ),
        (
            "outcomes: {analyses: [{endpoint: gi, models: [logistic], start_stop: true}]}",
            "landmark_fraction",
        ),
        (TRIAL + "  prior_class: nothing published\n", "late bowel grade 2"),
        (TRIAL.replace("0.2", "0.3"), "another risk than that of control"),
        (TRIAL + "  time_to_event: {horizon_months: 24}\n", "accrual_months"),
    ],
)
def test_refused_in_the_readers_words(tmp_path, text, words):
    with pytest.raises((PopmarginError, ExceptionGroup)) as error:
        load(tmp_path, text)
    found = getattr(error.value, "exceptions", [error.value])
    assert words in " ".join(str(one) for one in found)


def test_a_trial_with_its_times_is_accepted(tmp_path):
    timed = "  time_to_event: {horizon_months: 24, accrual_months: 24, follow_up_months: 24}\n"
    trial = load(tmp_path, TRIAL + timed).values["trial"]
    assert trial["time_to_event"]["hazard_ratio"] is None
    assert (trial["run_in_patients"], trial["strata"], trial["margin_mm"]) == (20, [], None)
