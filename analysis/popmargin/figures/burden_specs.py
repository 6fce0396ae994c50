"""Figures on the burden of imaging: the part of the registry that its stage fills."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from popmargin.figures.figure_spec import FigureSpec

BURDEN_FIGURES: Final[Mapping[str, FigureSpec]] = MappingProxyType(
    {
        "burden_frontier": FigureSpec(
            "burden_frontier",
            ("burden", "population_errors"),
            "Margin against images, minutes, cost and dose",
            "Every protocol with every modality: the mean margin against what it takes. The line "
            "joins what no other option beats in both; letters name protocols. Most "
            "inputs are defaults that are not validated; the table says which rows rest on them, "
            "and how much the intervals overlap. A match on bone or surface leaves out the "
            "target's own motion.",
            "Scatter plots of the margin against images, minutes, cost and imaging dose of a "
            "course, one row of panels per group, with the Pareto frontier as a stepped line. The "
            "numbers are in the table burden.",
        ),
        "burden_plane": FigureSpec(
            "burden_plane",
            ("burden", "population_errors"),
            "Cost against margin saved",
            "Cost difference against millimetres of margin saved, both against the first "
            "protocol, with intervals from the stated ranges. Up and right costs more and saves "
            "margin; the slope to a point is its price of a millimetre.",
            "Scatter of cost difference against margin saved with interval crosses, one panel "
            "per group. The numbers are in the table burden.",
        ),
        "burden_tornado": FigureSpec(
            "burden_tornado",
            ("burden_sensitivity",),
            "What the cost difference hangs on",
            "Cost difference of the option with the smallest margin against the reference when "
            "one input moves from its low to its high value. Hatched bars are inputs that are "
            "defaults and not validated: a local figure for the longest of them is worth most.",
            "Horizontal bars around the typical cost difference, the widest first, for the "
            "largest inputs of each group. The numbers are in the table burden_sensitivity.",
        ),
        "burden_acceptability": FigureSpec(
            "burden_acceptability",
            ("burden_acceptability",),
            "Which option is the best buy",
            "Share of the draws in which an option has the highest net benefit, against what one "
            "unit of effect may cost. Where no line is near one, the inputs do not decide; the "
            "shares rest on inputs most of which are defaults that are not validated (see the "
            "table of inputs), and are no better than their ranges. A match on bone or surface "
            "leaves out the target's own motion.",
            "Curves of the probability of being best against the willingness to pay, one panel "
            "per group, for the options that are best anywhere. The numbers are in the table "
            "burden_acceptability.",
        ),
        "burden_break_even": FigureSpec(
            "burden_break_even",
            ("burden_break_even", "burden"),
            "Does the imaging pay for itself in dose?",
            "Images whose integral dose equals what a smaller margin spares of the treatment "
            "beams. A point below the line of its modality takes less dose by imaging than its "
            "margin spares; the dotted line is one image a fraction. Integral dose is not risk.",
            "Rising lines of break-even images against the margin saved on a logarithmic scale, "
            "one per modality, with the options of the study as points. The numbers are in the "
            "tables burden_break_even and burden.",
        ),
    }
)
