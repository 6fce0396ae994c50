"""The figures of anatomy: what they need and what they say."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from popmargin.figures.figure_spec import FigureSpec

ANATOMY_FIGURES: Final[Mapping[str, FigureSpec]] = MappingProxyType(
    {
        "anatomy_trajectories": FigureSpec(
            "anatomy_trajectories",
            ("anatomy_courses", "anatomy_trajectories", "trigger_replay"),
            "Trajectories of anatomy with triggers",
            "Line fitted to each patient (grey) and to the population (blue, with interval), as "
            "change from planning. A dashed line is a trigger: patients beyond it before the end "
            "of the course would have been called. A step is no line: see the early warnings.",
            "One panel per measured quantity: grey lines of single patients and a blue line of the "
            "population against the fraction, with dashed trigger thresholds.",
        ),
        "detection_delay": FigureSpec(
            "detection_delay",
            ("detection_delay",),
            "What the early warning can and cannot see",
            "Mean number of values from a change to its alarm, and the share of courses in which "
            "it is seen at all, against the size of the change in SDs of a single value, at 1 % "
            "and 5 % false alarms a course. The more the rates of patients differ (SD per value, "
            "in SDs of a single value), the later a step is told from a rate. The best possible "
            "rule (dashed) knows the baseline and the size beforehand; nobody does.",
            "Curves of detection delay and of the share detected against the size of a step and "
            "of a trend, for the rule and the best possible rule at two rates of false alarms.",
        ),
        "alarm_timeline": FigureSpec(
            "alarm_timeline",
            ("trigger_alarms", "trigger_replay"),
            "When triggers call",
            "Share of patients called by each trigger up to each fraction. A curve that rises "
            "early leaves time for a new plan; one that rises in everybody is noise or a "
            "threshold that is too low.",
            "Rising step curves of the share of patients called against the fraction, one per "
            "trigger and structure.",
        ),
        "predictor_calibration": FigureSpec(
            "predictor_calibration",
            ("predictor_calibration", "decision_curve"),
            "Learned predictor: calibration and decision curve",
            "Left: share of patients who crossed the trigger later against the predicted share, "
            "in five parts, with exact intervals; points on the diagonal are calibrated. Right: "
            "net benefit against the threshold risk at which a patient is called; the predictor "
            "(blue, with interval) is worth using where its band lies above the simple rule and "
            "above calling everybody or nobody.",
            "Per trigger a calibration plot with error bars about the diagonal, and curves of net "
            "benefit for the predictor, the simple rule, everybody and nobody.",
        ),
    }
)
