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
            "account and pointwise limits. Groups that were not randomised may differ for many "
            "reasons: see the weighted comparison and the balance of covariates.",
            "Rising step curves of cumulative incidence over months, one panel per endpoint, one "
            "line style per group, with bands.",
        ),
    }
)
