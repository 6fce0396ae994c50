"""Tables of the trial report: evidence, centres, sizes, run-in, and centres against the margin."""

from typing import Final

import polars as pl

from popmargin.reports.columns import (
    Field,
    Row,
    axis,
    counted,
    estimate,
    made,
    per_cent,
    plain,
    table_of,
    text,
)
from popmargin.reports.numbers import (
    DASH,
    NOT_ESTIMABLE,
    count,
    in_per_cent,
    number,
    percent,
    with_interval,
)
from popmargin.reports.section import PageTable

_OPEN: Final = 100.0


def evidence_table(trial_evidence: pl.DataFrame) -> PageTable:
    """Published comparisons, one row each. Parameters: contract ``trial_evidence``."""
    return table_of(
        "Published comparisons",
        trial_evidence.rows(named=True),
        [
            text("Study", "study"),
            text("Design", "design"),
            text("Arms", "arms"),
            text("Endpoint", "endpoint"),
            text("As printed", "effect"),
            text("Ratio", _ratio),
            text("Status", "status"),
        ],
        "tables/trial_evidence.csv",
    )


def _ratio(row: Row) -> str | None:
    if row["ratio"] is None:
        return None
    low, high = row["ratio_low"], row["ratio_high"]
    interval = with_interval(row["ratio"], low, high, 2)
    if low is not None and high is not None and (low < 1 / _OPEN or high > _OPEN):
        # Such ends say only that the data leave the ratio open: no digits for that.
        least = f"below {1 / _OPEN:g}" if low < 1 / _OPEN else number(low, 2)
        most = f"above {_OPEN:g}" if high > _OPEN else number(high, 2)
        interval = f"{number(row['ratio'], 2)} ({least} to {most})"
    return f"{row['measure']} {interval}"


def centres_table(trial_centres: pl.DataFrame) -> PageTable:
    """Who may join, by set-up errors. Parameters: contract ``trial_centres``."""
    return table_of(
        "Who may join, by set-up errors",
        trial_centres.rows(named=True),
        [
            text("Group or centre", "group"),
            counted("Patients", "n_patients"),
            made("Covered by the margin in use", _covered),
            per_cent("Wanted", "population", 0),
            text("Verdict", "verdict"),
        ],
        "tables/trial_centres.csv",
    )


def _covered(row: Row) -> str:
    if row["coverage"] is None:
        return DASH
    value, low, high = (in_per_cent(row[f"coverage{end}"], 0) for end in ("", "_low", "_high"))
    return f"{value} ({low} to {high})"


def operating_table(trial_operating: pl.DataFrame) -> PageTable:
    """The design as simulated. Parameters: contract ``trial_operating``."""
    return table_of(
        "Operating characteristics",
        trial_operating.rows(named=True),
        [
            text("Simulated", "case"),
            made("Rejected, ± Monte Carlo error", _rejected),
            per_cent("By formula", "power_formula"),
            per_cent("Stopped early", "stopped_early"),
            plain("Patients enrolled", "patients_expected", 0, missing=NOT_ESTIMABLE),
            made("Mean estimate, points", lambda row: number(100.0 * row["difference"])),
            made("Truth, points", lambda row: number(100.0 * row["true_difference"])),
        ],
        "tables/trial_operating.csv",
    )


def _rejected(row: Row) -> str:
    return f"{in_per_cent(row['power'])} ± {number(100.0 * row['power_standard_error'])}"


def sensitivity_table(trial_sensitivity: pl.DataFrame) -> PageTable:
    """Size by assumed effect. Parameters: contract ``trial_sensitivity``."""
    return table_of(
        "Size by assumed effect",
        trial_sensitivity.rows(named=True),
        [
            text("If the truth were", "case"),
            per_cent("Control", "risk_control"),
            per_cent("Experimental", "risk_experimental"),
            made("Patients an arm", _patients_per_arm, "patients_per_arm"),
            text("Source", "source"),
        ],
        "tables/trial_sensitivity.csv",
    )


def _patients_per_arm(row: Row) -> str:
    patients = row["patients_per_arm"]
    return row["reason"] or DASH if patients is None else count(patients)


def survival_table(trial_survival: pl.DataFrame) -> PageTable:
    """Time-to-event design and its simulation. Parameters: contract ``trial_survival``."""
    return table_of(
        "Operating characteristics, time to event",
        trial_survival.rows(named=True),
        [
            text("Simulated", "case"),
            plain("True hazard ratio", "true_hazard_ratio", 2, missing=NOT_ESTIMABLE),
            made("Rejected, ± Monte Carlo error", _rejected),
            per_cent("By formula", "power_formula"),
            per_cent("Stopped early", "stopped_early"),
            plain("Events", "events", 0, missing=NOT_ESTIMABLE),
            plain("Months to the analysis", "months", 0, missing=NOT_ESTIMABLE),
            plain("Mean estimate", "hazard_ratio", 2, missing=NOT_ESTIMABLE),
        ],
        "tables/trial_survival.csv",
    )


def prior_table(trial_prior: pl.DataFrame) -> PageTable:
    """What one may expect, and the power over it. Parameters: contract ``trial_prior``."""
    return table_of(
        "What one may expect of the effect before the trial",
        trial_prior.rows(named=True),
        [
            text("Prior", "prior"),
            estimate("Odds ratio (95 % of the prior)", "ratio", ""),
            per_cent("Chance of benefit", "chance_of_benefit"),
            per_cent("Expected power", "expected_power"),
            text("Source", "source"),
        ],
        "tables/trial_prior.csv",
    )


def run_in_table(trial_run_in: pl.DataFrame) -> PageTable:
    """What a run-in of each centre would show. Parameters: contract ``trial_run_in``."""
    wanted = trial_run_in["wanted_half_width"].drop_nulls()
    half_width = percent(round(wanted[0], 4)) if wanted.len() else "the wanted share"
    return table_of(
        "What a run-in of each centre would show (expected half-widths of 95 % intervals)",
        trial_run_in.rows(named=True),
        [
            axis("text"),
            counted("Patients", "patients"),
            counted("Fractions each", "fractions"),
            _known_to("Σ known to", "systematic_sd_half_width"),
            _known_to("σ known to", "random_sd_half_width"),
            made("2.5 Σ + 0.7 σ, mm", _margin),
            made(f"Patients for Σ to ± {half_width}", _enough_patients),
        ],
        "tables/trial_run_in.csv",
    )


def _known_to(title: str, name: str) -> Field:
    return made(title, lambda row: DASH if row[name] is None else f"± {in_per_cent(row[name])}")


def _margin(row: Row) -> str:
    if row["margin_mm"] is None:
        return DASH
    return f"{number(row['margin_mm'])} ± {number(row['margin_half_width_mm'])}"


def _enough_patients(row: Row) -> str:
    return row["reason"] or count(row["patients_for_precision"])


def credentials_table(trial_credentials: pl.DataFrame) -> PageTable:
    """Each centre against the trial's margin. Parameters: contract ``trial_credentials``."""
    return table_of(
        "Centres against the trial's margin, axis by axis",
        trial_credentials.rows(named=True),
        [
            text("Centre", "centre"),
            axis("text"),
            counted("Patients", "n_patients"),
            plain("Margin of the trial, mm", "margin_in_use_mm", missing=NOT_ESTIMABLE),
            estimate("Margin that its errors need, mm", "margin_needed", digits=1),
            text("Verdict", "verdict"),
        ],
        "tables/trial_credentials.csv",
    )
