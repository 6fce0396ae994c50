"""Observed outcomes and a trial in the true workflow: tables, report in three forms, refusals."""

import polars as pl
import pytest

from tests.workflow.checkout import Checkout

CONFIG = """
study: seen
sources:
  - label: shifts
    path: shifts.csv
    quantity: setup_error
    timing: before_correction
    constants: {centre: A}
  - {label: people, table: patients, path: patients.csv}
  - {label: results, table: outcomes, path: outcomes.csv}
  - {label: plans, table: dvh, path: dvh.csv}
target: {ctv_radius_mm: 30, fractions: 35}
present_margin_mm: {lr: 8, si: 8, ap: 8}
outcomes:
  dose_volume:
    kind: cumulative
    fractions: 35
    responses:
      - {structure: rectum, ntcp_set: rectum_quantec, endpoint: late rectal, grade_at_least: 2}
  analyses:
    - endpoint: late rectal
      grade_at_least: 2
      compare: igrt_protocol
      covariates: [frailty]
      exposures: [systematic_error_mm]
      models: [logistic]
      landmark_fraction: 3
trial:
  title: Smaller margin
  group: all
  endpoint: late rectal toxicity
  control_label: 8 mm
  experimental_label: 5 mm with daily images
  risk_control: 0.3
  risk_experimental: 0.2
  risk_source: made up
  simulated_trials: 200
  strata: [risk group]
  time_to_event: {horizon_months: 24, accrual_months: 24, follow_up_months: 24}
"""
PATIENTS = 40


def write_study(folder, first_time=3.0):
    """Forty patients: every third has an event, the protocols alternate."""
    people = ["patient_id,igrt_protocol,frailty"]
    outcomes = ["patient_id,endpoint,grade,event,time_months,time_origin"]
    shifts = ["patient_id,fraction,lr_mm,si_mm,ap_mm"]
    dvh = ["patient_id,structure,dose_gy,volume_fraction"]
    for i in range(PATIENTS):
        people.append(f"00{i},{'daily' if i % 2 else 'weekly'},{(i * 7) % 11}")
        event = int(i % 3 == 0)
        time = first_time if i == 0 else 5 + i % 20
        outcomes.append(f"00{i},late rectal,{2 if event else ''},{event},{time},start")
        shifts += [f"00{i},{f},{i % 5 - 2 + f % 2},{i % 3},{-f}" for f in (1, 2, 3)]
        # Shares of events that rise with the dose, so that there is something to fit.
        high = 40 + 6 * (i % 5) + 10 * event
        dvh += [f"00{i},rectum,{dose},{share}" for dose, share in ((0, 1), (high, 0.4), (78, 0))]
    files = {"patients": people, "outcomes": outcomes, "shifts": shifts, "dvh": dvh}
    for name, lines in files.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    (folder / "seen.yaml").write_text(CONFIG)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    checkout = Checkout.copy(tmp_path_factory.mktemp("outcomes"))
    write_study(checkout.here)
    folder = checkout.here / "results" / "seen"
    wanted = ["tables/outcome_effects.csv", "tables/ntcp_fits.csv", "trial_report.pdf"]
    checkout.done("--configfile", "seen.yaml", "--", *(f"results/seen/{name}" for name in wanted))
    return folder


def test_outcomes_are_joined_to_the_logs(results):
    effects = pl.read_csv(results / "tables" / "outcome_effects.csv")
    assert set(effects["statement"]) == {"association"}
    assert effects["n_patients"].to_list() == [PATIENTS] * 3
    weighted = pl.read_csv(results / "tables" / "outcome_weighted.csv")
    assert weighted["adjusted_for"].to_list() == ["frailty"]
    balance = pl.read_csv(results / "tables" / "outcome_balance.csv")
    assert abs(balance["after"][0]) <= abs(balance["before"][0]) + 1e-9


def test_parameters_are_fitted_to_the_studys_own_histograms(results):
    row = pl.read_csv(results / "tables" / "dose_responses.csv").row(0, named=True)
    assert (row["n_patients"], row["n_observed"], row["n_events"]) == (PATIENTS, PATIENTS, 14)
    assert row["ntcp_low"] < row["ntcp"] < row["ntcp_high"]
    fit = pl.read_csv(results / "tables" / "ntcp_fits.csv").row(0, named=True)
    assert fit["reason"] is None
    assert fit["dose_convention"] == "as given in the histograms"
    assert fit["td50_low_gy"] < fit["td50_gy"] < fit["td50_high_gy"]


def test_the_trial_report_stands_in_three_forms(results):
    for form, start in (("html", b"<!DOCTYPE"), ("pdf", b"%PDF"), ("docx", b"PK")):
        assert (results / f"trial_report.{form}").read_bytes().startswith(start)
    design = pl.read_csv(results / "tables" / "trial_design.csv")
    assert design["patients_per_arm_plain"].to_list() == [294]
    timed = pl.read_csv(results / "tables" / "trial_survival.csv").row(0, named=True)
    assert timed["hazard_ratio_planned"] == pytest.approx(0.6256, abs=1e-4)  # ln 0.8 / ln 0.7
    centres = pl.read_csv(results / "tables" / "trial_credentials.csv")
    assert centres["axis"].to_list() == ["lr", "si", "ap"]
    page = (results / "trial_report.html").read_text("utf-8")
    assert "294 patients an arm" in page
    assert f"{timed['events_planned']} events are needed" in page
    assert "stratified by risk group" in page
    assert "a run-in of 20 patients" in page
    assert "SPIRIT 2025" in page
