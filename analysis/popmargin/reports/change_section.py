"""Sections on change of anatomy and on planning again."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import polars as pl

from popmargin.reports.numbers import count, interval_of, number
from popmargin.reports.organs_section import ORGAN_SECTIONS
from popmargin.reports.section import Cell, Column, PageTable, Section, text_columns

Row = Mapping[str, Any]
_DASH: Final = "\N{EN DASH}"


def trajectories_section(table: pl.DataFrame) -> Section:
    """Rates of change; a table after ``anatomy_trajectories``."""
    columns = [
        *text_columns("Series", "Form", "Unit"),
        *map(Column, ("Patients", "Values", "Left out", "Rate", "SD between patients",
                      "Change at the last fraction")),
    ]  # fmt: skip
    rows = [
        [
            Cell(_series(row)),
            Cell(row["form"]),
            Cell(row["rate_unit"] or _DASH),
            *(_count(row, name) for name in ("n_with_rate", "n_values", "n_excluded")),
            Cell(interval_of(row, "rate", "", 2), row["rate"]),
            _value(row, "rate_sd"),
            _value(row, "change_at_last", 1),
        ]
        for row in table.rows(named=True)
    ]
    words = (
        "Mean rate of change per fraction with its spread between patients, from a mixed model. "
        "Quantities in % are taken relative to the patient's own line at planning; the "
        "exponential form reads % of what is left. Days of temporary events (hydration) are left "
        "out."
    )
    page = PageTable("Rates: value (interval)", columns, rows, "tables/anatomy_trajectories.csv")
    return Section("change", "Change of anatomy", [words], [page])


def steps_section(table: pl.DataFrame) -> Section:
    """Steps and early warnings; a table after ``anatomy_steps``."""
    columns = [
        *text_columns("Patient", "Series", "Warned of", "Looks like"),
        *map(Column, ("Step at fraction", "Size", "Alarm of a step at", "Delay, fractions",
                      "Alarm of a rate at")),
    ]  # fmt: skip
    rows = [
        [
            Cell(row["patient_id"]),
            Cell(_series(row)),
            Cell(row["warning"]),
            Cell(row["kind"] or _DASH),
            _count(row, "step_fraction"),
            Cell(
                _DASH if row["size"] is None else f"{number(row['size'], 1)} {row['size_unit']}",
                row["size"],
            ),
            _count(row, "alarm_fraction"),
            _count(row, "delay_fractions"),
            _count(row, "rate_alarm_fraction"),
        ]
        for row in table.rows(named=True)
    ]
    counts = ", ".join(
        f"{table.filter(warning=name).height} {words}"
        for name, words in (("step", "of a step"), ("unusual rate", "of an unusual rate"),
                            ("step and unusual rate", "of both"),
                            ("none", "seen only looking back"))
    )  # fmt: skip
    words = (
        "An early warning knows only what had been seen by then. It watches for two things apart: "
        "a step beside the patient's own rate (the rate is allowed for as far as his values tell "
        "it from that of the others), and a rate that is unlike that of other patients. A patient "
        "who merely changes faster is therefore no step. Each of the two may be wrong in the "
        "stated share of unchanged courses. The more rates differ, the later a step is told from "
        f"one: see the figure of detection delays. Here: {counts}."
    )
    page = PageTable("Steps and early warnings", columns, rows, "tables/anatomy_steps.csv")
    return Section("steps", "Steps and early warnings", [words], [page])


def triggers_section(table: pl.DataFrame) -> Section:
    """Triggers replayed; a table after ``trigger_replay``."""
    columns = [
        *text_columns("Trigger", "Series", "Threshold", "Level"),
        *map(Column, ("Patients", "Looks", "Alarms", "Called, %", "Not confirmed", "Missed")),
        *text_columns("Status"),
    ]
    rows = [
        [
            Cell(row["trigger"].replace("_", " ")),
            Cell(_series(row)),
            Cell(f"{number(row['threshold'], 2)} {row['threshold_unit']}", row["threshold"]),
            Cell(row["level"]),
            *(_count(row, name) for name in ("n_patients", "n_looks", "n_alarms")),
            Cell(_percents(row, "called_share"), row["called_share"]),
            _count(row, "noise_alarms"),
            _count(row, "n_missed"),
            Cell(row["trigger_status"]),
        ]
        for row in table.rows(named=True)
    ]
    words = (
        "Who would have been called, had each trigger been in force. Not confirmed: the first "
        "alarm did not stand at the next look. Missed counts new plans in the log that no alarm "
        "preceded; without such entries nothing is known of what was missed."
    )
    page = PageTable("Triggers: share (interval)", columns, rows, "tables/trigger_replay.csv")
    return Section("triggers", "Triggers for planning again", [words], [page])


def schedules_section(table: pl.DataFrame) -> Section:
    """Schedules compared; a table after ``replanning_schedules``."""
    columns = [
        *text_columns("Trigger", "Series", "Unit", "Schedule"),
        *map(Column, ("Patients", "RMS distance", "Plans a patient")),
    ]
    rows = [
        [
            Cell(row["trigger"].replace("_", " ")),
            Cell(_series(row)),
            Cell(row["unit"]),
            Cell(row["schedule"]),
            _count(row, "n_patients"),
            Cell(interval_of(row, "rms_distance", "", 1), row["rms_distance"]),
            _value(row, "plans_per_patient"),
        ]
        for row in table.rows(named=True)
    ]
    words = "Distance of each day's anatomy from that of the plan in use, and the plans it costs."
    page = PageTable(
        "Schedules: value (interval)", columns, rows, "tables/replanning_schedules.csv"
    )
    return Section("schedules", "Schedules of planning again", [words], [page])


def predictor_section(table: pl.DataFrame) -> Section:
    """Learned predictor; a table after ``predictor_performance``."""
    columns = [
        *text_columns("Trigger", "Series", "Method"),
        *map(Column, ("Patients", "Crossed later", "AUC", "AUC of chance", "Gain over the rule",
                      "Brier", "Calibration slope", "Net benefit at 20 %", "Calling all")),
        *text_columns("Remark"),
    ]  # fmt: skip
    rows = [
        [
            Cell(row["trigger"].replace("_", " ")),
            Cell(_series(row)),
            Cell(row["method"]),
            _count(row, "n_patients"),
            _count(row, "n_events"),
            _value(row, "auc"),
            _number(row, "auc_of_chance"),
            _value(row, "auc_gain"),
            _number(row, "brier"),
            _value(row, "calibration_slope"),
            _number(row, "net_benefit_20"),
            _number(row, "net_benefit_all_20"),
            Cell(row["reason"] or _DASH),
        ]
        for row in table.rows(named=True)
    ]
    words = (
        "Who crosses a trigger later, predicted from the first fractions only, in patients that "
        "the predictor has not seen. It is worth using only where it beats the simple rule, and "
        "chance."
    )
    too_few = table.filter(method="none").height
    learnt = table.filter(method="learned").height
    if too_few:
        words += (
            f" For {too_few} of {too_few + learnt} triggers the data are too few to learn "
            "anything, so nothing was learnt: fewer than 20 patients crossed later, or fewer "
            "than 20 did not."
        )
    page = PageTable("Predictors", columns, rows, "tables/predictor_performance.csv")
    return Section("predictors", "Learned predictors", [words], [page])


CHANGE_SECTIONS: Final[Mapping[str, Callable[[pl.DataFrame], Section]]] = {
    "anatomy_trajectories": trajectories_section,
    "anatomy_steps": steps_section,
    **ORGAN_SECTIONS,
    "trigger_replay": triggers_section,
    "replanning_schedules": schedules_section,
    "predictor_performance": predictor_section,
}


def _series(row: Row) -> str:
    parts = (row["structure"], row["side"], row["quantity"])
    return " ".join(part for part in parts if part).replace("_", " ")


def _value(row: Row, name: str, digits: int = 2) -> Cell:
    if row[name] is None:
        return Cell(_DASH)
    return Cell(interval_of({**row, "reason": None}, name, "", digits), row[name])


def _number(row: Row, name: str) -> Cell:
    return Cell(number(row[name], 2, missing=_DASH), row[name])


def _percents(row: Row, name: str) -> str:
    parts = {f"{name}{end}": row[f"{name}{end}"] for end in ("", "_low", "_high")}
    scaled = {key: None if value is None else 100.0 * value for key, value in parts.items()}
    return interval_of(scaled, name, "", 0)


def _count(row: Row, name: str) -> Cell:
    return Cell(count(row[name]), row[name])
