"""Sections on change of anatomy and on planning again."""

from collections.abc import Callable, Mapping
from typing import Final

import polars as pl

from popmargin.reports.columns import (
    Row,
    counted,
    estimate,
    made,
    named,
    plain,
    share,
    table_of,
    text,
)
from popmargin.reports.numbers import DASH, NOT_ESTIMABLE, number
from popmargin.reports.organs_section import ORGAN_SECTIONS
from popmargin.reports.section import Section


def trajectories_section(table: pl.DataFrame) -> Section:
    """Rates of change; a table after ``anatomy_trajectories``."""
    words = (
        "Mean rate of change per fraction with its spread between patients, from a mixed model. "
        "Quantities in % are taken relative to the patient's own line at planning; the "
        "exponential form reads % of what is left. Days of temporary events (hydration) are left "
        "out."
    )
    page = table_of(
        "Rates: value (interval)",
        table.rows(named=True),
        [
            text("Series", _series),
            text("Form", "form"),
            text("Unit", "rate_unit"),
            counted("Patients", "n_with_rate"),
            counted("Values", "n_values"),
            counted("Left out", "n_excluded"),
            estimate("Rate", "rate", ""),
            estimate("SD between patients", "rate_sd", "", missing=DASH),
            estimate("Change at the last fraction", "change_at_last", "", 1, missing=DASH),
        ],
        "tables/anatomy_trajectories.csv",
    )
    return Section("change", "Change of anatomy", [words], [page])


def steps_section(table: pl.DataFrame) -> Section:
    """Steps and early warnings; a table after ``anatomy_steps``."""
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
    page = table_of(
        "Steps and early warnings",
        table.rows(named=True),
        [
            text("Patient", "patient_id"),
            text("Series", _series),
            text("Warned of", "warning"),
            text("Looks like", "kind"),
            counted("Step at fraction", "step_fraction"),
            made("Size", _size, "size"),
            counted("Alarm of a step at", "alarm_fraction"),
            counted("Delay, fractions", "delay_fractions"),
            counted("Alarm of a rate at", "rate_alarm_fraction"),
        ],
        "tables/anatomy_steps.csv",
    )
    return Section("steps", "Steps and early warnings", [words], [page])


def triggers_section(table: pl.DataFrame) -> Section:
    """Triggers replayed; a table after ``trigger_replay``."""
    words = (
        "Who would have been called, had each trigger been in force. Not confirmed: the first "
        "alarm did not stand at the next look. Missed counts new plans in the log that no alarm "
        "preceded; without such entries nothing is known of what was missed."
    )
    page = table_of(
        "Triggers: share (interval)",
        table.rows(named=True),
        [
            named("Trigger", "trigger"),
            text("Series", _series),
            made("Threshold", _threshold, "threshold", "text"),
            text("Level", "level"),
            counted("Patients", "n_patients"),
            counted("Looks", "n_looks"),
            counted("Alarms", "n_alarms"),
            share("Called, %", "called_share", 0, missing=NOT_ESTIMABLE),
            counted("Not confirmed", "noise_alarms"),
            counted("Missed", "n_missed"),
            text("Status", "trigger_status"),
        ],
        "tables/trigger_replay.csv",
    )
    return Section("triggers", "Triggers for planning again", [words], [page])


def schedules_section(table: pl.DataFrame) -> Section:
    """Schedules compared; a table after ``replanning_schedules``."""
    words = "Distance of each day's anatomy from that of the plan in use, and the plans it costs."
    page = table_of(
        "Schedules: value (interval)",
        table.rows(named=True),
        [
            named("Trigger", "trigger"),
            text("Series", _series),
            text("Unit", "unit"),
            text("Schedule", "schedule"),
            counted("Patients", "n_patients"),
            estimate("RMS distance", "rms_distance", "", 1),
            estimate("Plans a patient", "plans_per_patient", "", missing=DASH),
        ],
        "tables/replanning_schedules.csv",
    )
    return Section("schedules", "Schedules of planning again", [words], [page])


def predictor_section(table: pl.DataFrame) -> Section:
    """Learned predictor; a table after ``predictor_performance``."""
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
    page = table_of(
        "Predictors",
        table.rows(named=True),
        [
            named("Trigger", "trigger"),
            text("Series", _series),
            text("Method", "method"),
            counted("Patients", "n_patients"),
            counted("Crossed later", "n_events"),
            estimate("AUC", "auc", "", missing=DASH),
            plain("AUC of chance", "auc_of_chance", 2),
            estimate("Gain over the rule", "auc_gain", "", missing=DASH),
            plain("Brier", "brier", 2),
            estimate("Calibration slope", "calibration_slope", "", missing=DASH),
            plain("Net benefit at 20 %", "net_benefit_20", 2),
            plain("Calling all", "net_benefit_all_20", 2),
            text("Remark", "reason"),
        ],
        "tables/predictor_performance.csv",
    )
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


def _size(row: Row) -> str:
    return DASH if row["size"] is None else f"{number(row['size'], 1)} {row['size_unit']}"


def _threshold(row: Row) -> str:
    return f"{number(row['threshold'], 2)} {row['threshold_unit']}"
