"""Tables of the trial report: time-to-event size, run-in, and centres against the margin."""

import polars as pl

from popmargin.core.axes import AXIS_LABELS
from popmargin.reports.numbers import count, interval_of, number, percent, with_interval
from popmargin.reports.section import Cell, Column, PageTable, text_columns

_DASH = "\N{EN DASH}"


def survival_table(trial_survival: pl.DataFrame) -> PageTable:
    """Time-to-event design and its simulation. Parameters: contract ``trial_survival``."""
    body = [
        [
            Cell(row["case"]),
            Cell(number(row["true_hazard_ratio"], 2)),
            Cell(f"{_points(row['power'])} ± {number(100.0 * row['power_standard_error'])}"),
            Cell(_points(row["power_formula"])),
            Cell(_points(row["stopped_early"])),
            Cell(number(row["events"], 0)),
            Cell(number(row["months"], 0)),
            Cell(number(row["hazard_ratio"], 2)),
        ]
        for row in trial_survival.rows(named=True)
    ]
    titles = ("True hazard ratio", "Rejected, ± Monte Carlo error", "By formula", "Stopped early",
              "Events", "Months to the analysis", "Mean estimate")  # fmt: skip
    columns = [*text_columns("Simulated"), *map(Column, titles)]
    caption = "Operating characteristics, time to event"
    return PageTable(caption, columns, body, "tables/trial_survival.csv")


def prior_table(trial_prior: pl.DataFrame) -> PageTable:
    """What one may expect, and the power over it. Parameters: contract ``trial_prior``."""
    body = [
        [
            Cell(row["prior"]),
            Cell(with_interval(row["ratio"], row["ratio_low"], row["ratio_high"], 2)),
            Cell(_points(row["chance_of_benefit"])),
            Cell(_points(row["expected_power"])),
            Cell(row["source"]),
        ]
        for row in trial_prior.rows(named=True)
    ]
    titles = ("Odds ratio (95 % of the prior)", "Chance of benefit", "Expected power")
    columns = [*text_columns("Prior"), *map(Column, titles), *text_columns("Source")]
    caption = "What one may expect of the effect before the trial"
    return PageTable(caption, columns, body, "tables/trial_prior.csv")


def run_in_table(trial_run_in: pl.DataFrame) -> PageTable:
    """What a run-in of each centre would show. Parameters: contract ``trial_run_in``."""
    body = []
    for row in trial_run_in.rows(named=True):
        head = [Cell(AXIS_LABELS[row["axis"]]), Cell(count(row["patients"]))]
        if row["reason"]:
            body.append([*head, Cell(count(row["fractions"])), *[Cell(_DASH)] * 3,
                         Cell(row["reason"])])  # fmt: skip
            continue
        margin, half = number(row["margin_mm"]), number(row["margin_half_width_mm"])
        body.append(
            [
                *head,
                Cell(count(row["fractions"])),
                Cell(f"± {_points(row['systematic_sd_half_width'])}"),
                Cell(f"± {_points(row['random_sd_half_width'])}"),
                Cell(f"{margin} ± {half}"),
                Cell(count(row["patients_for_precision"])),
            ]
        )
    wanted = trial_run_in["wanted_half_width"].drop_nulls()
    share = percent(round(wanted[0], 4)) if wanted.len() else "the wanted share"
    titles = ("Patients", "Fractions each", "Σ known to", "σ known to", "2.5 Σ + 0.7 σ, mm",
              f"Patients for Σ to ± {share}")  # fmt: skip
    columns = [*text_columns("Axis"), *map(Column, titles)]
    caption = "What a run-in of each centre would show (expected half-widths of 95 % intervals)"
    return PageTable(caption, columns, body, "tables/trial_run_in.csv")


def credentials_table(trial_credentials: pl.DataFrame) -> PageTable:
    """Each centre against the trial's margin. Parameters: contract ``trial_credentials``."""
    body = [
        [
            Cell(row["centre"]),
            Cell(AXIS_LABELS[row["axis"]]),
            Cell(count(row["n_patients"])),
            Cell(number(row["margin_in_use_mm"])),
            Cell(interval_of(row, "margin_needed")),
            Cell(row["verdict"]),
        ]
        for row in trial_credentials.rows(named=True)
    ]
    columns = [
        *text_columns("Centre", "Axis"),
        *map(Column, ("Patients", "Margin of the trial, mm", "Margin that its errors need, mm")),
        *text_columns("Verdict"),
    ]
    caption = "Centres against the trial's margin, axis by axis"
    return PageTable(caption, columns, body, "tables/trial_credentials.csv")


def _points(value: float | None) -> str:
    return _DASH if value is None else f"{number(100.0 * value)} %"
