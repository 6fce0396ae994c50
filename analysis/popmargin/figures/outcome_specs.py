"""Figures on outcomes and trials: the part of the registry that their stages fill."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from popmargin.figures.figure_spec import FigureSpec

OUTCOME_FIGURES: Final[Mapping[str, FigureSpec]] = MappingProxyType(
    {
        "outcome_response": FigureSpec(
            "outcome_response",
            ("outcome_curve",),
            "Complication and control against the margin",
            "Model figures of the stated phantom, not rates of patients: complication probability "
            "of the organ, and tumour control minus that of the reference margin, against an equal "
            "margin. Bands hold the uncertainty of the errors and the limits of the model's "
            "parameters; the difference of two margins is better known than either level.",
            "Two panels per group: complication probability rising with the margin, and the "
            "difference of tumour control levelling off, each with a band. The numbers are in the "
            "table of responses against the margin.",
        ),
        "outcome_curves": FigureSpec(
            "outcome_curves",
            ("outcome_curves",),
            "Outcomes over time",
            "Cumulative incidence of each endpoint by group, with competing events taken into "
            "account and pointwise limits; patients at risk below. Groups that "
            "were not randomised may differ for many reasons: see the weighted comparison "
            "and the balance of covariates.",
            "Rising step curves of cumulative incidence over months, one panel per endpoint, one "
            "line style per group, with bands.",
        ),
        "dose_response": FigureSpec(
            "dose_response",
            ("dose_response_points",),
            "Complication against dose in the study's own patients",
            "Observed shares in fifths of the patients by equivalent uniform dose, with exact "
            "limits, and the fitted curve with pointwise limits. The volume parameter is held at "
            "its estimate: where it is open, the curve is less certain than its band.",
            "One panel per structure and endpoint: five points with vertical bars and a rising "
            "curve with a band. The numbers are in the table of dose response points.",
        ),
        "trial_evidence": FigureSpec(
            "trial_evidence",
            ("trial_evidence",),
            "Published comparisons",
            "Ratios with intervals of trials and cohorts that compared margins, image guidance or "
            "protocols. Filled marks were randomised; open ones carry era and technique as well. "
            "Endpoints differ: rows are pooled only where endpoint and contrast match.",
            "Forest plot with a logarithmic axis: one row per study and endpoint, ratio and "
            "interval, a line at one, pooled rows as diamonds.",
        ),
        "trial_power": FigureSpec(
            "trial_power",
            ("trial_power",),
            "Power by number of patients",
            "Closed-form power of a test of two proportions for the assumed effect (bold) and for "
            "effects that trials have published. A trial sized for a large effect has little power "
            "for a small one.",
            "Rising curves of power against patients per arm on a logarithmic axis, one per "
            "assumed effect, with lines at 80 and 90 per cent.",
        ),
    }
)
