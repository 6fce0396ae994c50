"""Floor 7: one figure a file, table in, matplotlib Figure out; computes nothing.

``FIGURES`` is the registry: name of the figure, of its module and of its files to its
`FigureSpec`. Reading it does not import matplotlib.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from popmargin.figures.anatomy_specs import ANATOMY_FIGURES
from popmargin.figures.burden_specs import BURDEN_FIGURES
from popmargin.figures.figure_spec import FigureSpec
from popmargin.figures.motion_specs import MOTION_FIGURES
from popmargin.figures.outcome_specs import OUTCOME_FIGURES
from popmargin.margins.published_sites import has_published

FIGURES: Final[Mapping[str, FigureSpec]] = MappingProxyType(
    {
        "margin_recipes": FigureSpec(
            "margin_recipes",
            ("margins",),
            "Margins by recipe",
            "Margin of each recipe with its interval, per axis. Intervals that overlap do not "
            "mean that the recipes agree: they share the same errors and differ in what they "
            "promise. What the margins cover is written in the figure.",
            "Dot plot of margins in millimetres with intervals: one row of panels per group, one "
            "column per axis, one line per recipe. The numbers are in the table of margins.",
        ),
        "margin_coverage": FigureSpec(
            "margin_coverage",
            ("margin_coverage", "coverage_curve"),
            "What the margins really cover",
            "Share of patients whose target keeps its dose against the margin, for the stated "
            "target and course. Points are the margins of the recipes and the margin in use with "
            "intervals from the uncertainty of the errors; a point below the dashed line covers "
            "fewer patients than wanted. The logged patients (dotted) still carry the group mean.",
            "Rising curves of the share of patients covered against the margin per group, with a "
            "dashed line at the wanted share and marked points for each recipe. The numbers are "
            "in the table of coverage.",
        ),
        "dose_population": FigureSpec(
            "dose_population",
            ("dose_population",),
            "Dose-population histogram",
            "Share of patients whose whole target gets at least a dose, for the recommended margin "
            "and the one in use. The curve should pass right of the point where the wanted share "
            "and the wanted dose cross; how far it falls to the left says how bad the rest is.",
            "Falling curves of the share of patients against the minimum dose of their target, "
            "one panel per group, with dashed lines at the wanted dose and share.",
        ),
        "coverage_map": FigureSpec(
            "coverage_map",
            ("coverage_map",),
            "Where a recipe keeps its promise",
            "Share of patients that a recipe's margin really covers for pairs of systematic and "
            "random error, for the stated target and course. Find your errors; the further the "
            "random error exceeds the systematic one, the less of the promise is left.",
            "Two grids of percentages, systematic error upwards and random error to the right; "
            "cells that reach the wanted share are framed.",
        ),
        "error_budget": FigureSpec(
            "error_budget",
            ("error_budget_shares",),
            "What each error weighs in the margin",
            "Millimetres that the margin would lose without each error. The longest bar is where "
            "an improvement pays; errors that are not listed are not in the margin.",
            "Bars of millimetres saved per component, one row of panels per group and one column "
            "per axis, with the margin written in each panel.",
        ),
        "off_axis_margins": FigureSpec(
            "off_axis_margins",
            ("off_axis_margins",),
            "Margin against distance from the isocentre",
            "Margin of the recommended recipe for targets away from a single isocentre, with its "
            "interval: rotations displace a target in proportion to its distance. The dashed line "
            "is for a target in the direction in which rotations displace it most.",
            "Rising curves of the margin in millimetres against the distance from the isocentre "
            "with an interval band, one row of panels per group and one column per axis.",
        ),
        "group_comparison": FigureSpec(
            "group_comparison",
            ("group_comparison",),
            "Groups against each other",
            "Difference of M and of the margin, and ratios of both SDs, first group against "
            "second, with intervals. An interval that holds the dashed line leaves no difference "
            "possible; each interval is for one comparison, the table adjusts p-values for all.",
            "Dots with intervals per axis for the difference of M, the ratio of systematic SDs, "
            "the ratio of random SDs and the difference of margins, one row of panels per pair.",
        ),
        "centre_funnel": FigureSpec(
            "centre_funnel",
            ("centre_places",),
            "Centres against each other",
            "Group mean, SD of patient means and random SD of each centre against its number of "
            "patients. Lines are the limits that alike centres keep (95 % dashed, 99.8 % dotted; "
            "with fewer than five centres bars, thick and thin, that the others give to each): "
            "of twenty alike centres one leaves the inner ones by chance; one beyond the outer "
            "limits is filled and named, and its images, corrections and protocol want a look.",
            "Scatter plots of three errors of each centre against its number of patients, one row "
            "of panels per group and quantity and one column per axis, with funnel-shaped limits.",
        ),
        "control_chart": FigureSpec(
            "control_chart",
            ("control_chart",),
            "Errors over calendar time",
            "Group mean, spread of patient means and random SD of patients in the order in which "
            "they started, with the limits that the first patients set. A point outside says that "
            "something changed, not what; the moving average sees small lasting shifts of M.",
            "Control charts over the days on which patients started, one row per group and axis: "
            "moving average and windows of the mean, of the SD of means and of the random SD.",
        ),
        "patient_errors": FigureSpec(
            "patient_errors",
            ("unit_summaries", "population_errors"),
            "Errors of each patient",
            "Mean and SD of each patient, sorted by mean. The spread of the points is the "
            "systematic error (band: group mean ± Σ), the length of the bars the random error. A "
            "few points far from the rest, or bars of very different length, say that one Σ and "
            "one σ do not describe everybody.",
            "Sorted patient means with bars of one SD per group and axis; the group mean as a "
            "dashed line and a band of one systematic SD around it.",
        ),
        "patient_means": FigureSpec(
            "patient_means",
            ("unit_summaries", "axis_correlations", "population_errors"),
            "Patient means in two planes",
            "Mean of each patient in the coronal (LR-SI) and sagittal (AP-SI) plane around the "
            "plan at zero. Ellipses are one SD of the systematic and of the random error around "
            "the group mean; about 39 % of a normal distribution lies inside. A tilted ellipse "
            "says that errors along two axes go together.",
            "Scatter plots of patient means, left-right against superior-inferior and "
            "anterior-posterior against superior-inferior, with ellipses of systematic and "
            "random error around the group mean.",
        ),
        "error_distribution": FigureSpec(
            "error_distribution",
            ("error_distribution",),
            "Shape of the errors",
            "Histograms and normal Q-Q plots of patient means and of daily deviations from them. "
            "Points on the straight guide (through the quartiles) are normal; tails that bend "
            "away from it are outliers or patients with unequal random errors, and margins from "
            "Σ and σ then cover less than they promise.",
            "Histograms and normal quantile plots of patient means and of daily deviations per "
            "group; the three axes differ in colour, line style and marker.",
        ),
        "fraction_trend": FigureSpec(
            "fraction_trend",
            ("fraction_trend",),
            "Trend over the course",
            "Mean error over the patients at each fraction with its pointwise interval. A slope "
            "is a drift that inflates the systematic error; a step where the number of patients "
            "changes is not. About one fraction in twenty leaves a flat line by chance.",
            "Line of the mean error by fraction number with an interval band, one row of panels "
            "per group and one column per axis.",
        ),
        "course_dependence": FigureSpec(
            "course_dependence",
            ("course_dependence",),
            "Dependence within the course",
            "Autocorrelation of neighbouring fractions with its interval, and systematic and "
            "random error as estimated and corrected for it. A positive autocorrelation makes "
            "the means of patients vary more than independent fractions would, and inflates the "
            "systematic error.",
            "Points with intervals for the three axes, one row of panels per group: "
            "autocorrelation about a line of zero, then both errors, filled as estimated and "
            "hollow as corrected.",
        ),
        "vector_length": FigureSpec(
            "vector_length",
            ("vector_lengths",),
            "Length of the 3-D error",
            "Share of fractions whose 3-D error is no longer than each length, with the interval "
            "over patients, and the shares beyond 3 and 5 mm. These are shares of fractions, not "
            "of patients.",
            "Cumulative curves of the 3-D error length per group with interval bands and marks "
            "at 3 and 5 millimetres; the shares beyond them are printed in each panel.",
        ),
        "replayed_errors": FigureSpec(
            "replayed_errors",
            ("replayed_errors",),
            "What each protocol would leave",
            "Systematic and random error that each correction protocol would have left of the "
            "logged errors, with intervals; the upright line is what it would leave of independent "
            "normal errors of the same size. A point far from its line says that errors drift, "
            "jump or differ between patients.",
            "Dot plot of systematic and random error in millimetres with intervals: one line per "
            "protocol, one row of panels per group, one column per axis. The numbers are in the "
            "table of replayed protocols.",
        ),
        "protocol_margins": FigureSpec(
            "protocol_margins",
            ("replayed_errors",),
            "Margin against images",
            "Margin for the error that each protocol leaves against the images it takes, with "
            "intervals. A protocol with another one below it and to its left buys nothing with its "
            "images. The margins cover the set-up error only.",
            "Scatter plot of margin in millimetres against images per patient with intervals: one "
            "marker per protocol, one row of panels per group, one column per axis.",
        ),
        "protocol_coverage": FigureSpec(
            "protocol_coverage",
            ("protocol_coverage",),
            "What margins cover under each protocol",
            "Share of patients whose whole target keeps its dose under each correction protocol, "
            "with the protocol's own margin and with the margin in use; intervals are those of the "
            "errors left, the upright line is the share of the logged patients. Near the wanted "
            "share (dashed) a margin does what its recipe says. Where hardly any systematic error "
            "is left, the share turns from none to all within tenths of a millimetre, although "
            "little dose is missing.",
            "Dot plot of the share of patients covered with intervals: one line per protocol, one "
            "row of panels per group, one column per margin. The numbers are in the table "
            "protocol_coverage.",
        ),
        "literature_forest": FigureSpec(
            "literature_forest",
            ("population_errors", "literature"),
            "This study and published values",
            "Systematic and random error of this study with intervals (filled) and published "
            "values of the same site (open). Published values differ in imaging, correction and "
            "estimator: a difference asks for a reason, it is not an error.",
            "Forest plot with one row per publication: systematic and random error of each axis, "
            "this study on top of each block with intervals.",
            worth=has_published,
        ),
        **OUTCOME_FIGURES,
        **MOTION_FIGURES,
        **ANATOMY_FIGURES,
        **BURDEN_FIGURES,
    }
)
