"""The figures of motion: what they need and what they say."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from popmargin.figures.figure_spec import FigureSpec

MOTION_FIGURES: Final[Mapping[str, FigureSpec]] = MappingProxyType(
    {
        "motion_growth": FigureSpec(
            "motion_growth",
            ("motion_growth",),
            "Motion within fractions against time",
            "Root mean square displacement since the first image of a fraction, with the interval "
            "over patients, and as a band the mean drift, which no spread hides. A curve that "
            "keeps rising asks for a shorter treatment or another image; one that starts high and "
            "stays flat shows the error of matching.",
            "Curves of the root mean square displacement in millimetres against minutes, one "
            "panel per axis, with interval bars.",
        ),
        "motion_strategies": FigureSpec(
            "motion_strategies",
            ("patient_strategies", "motion_strategies"),
            "Strategies against breathing",
            "Volume that the margin irradiates in each patient (grey) and on average (blue, with "
            "interval), and minutes of treatment. A strategy is worth its minutes where patients "
            "lie well left of the internal target volume (itv). Parameters of the strategies are "
            "assumptions unless the site has stated its own.",
            "Dot plots per strategy: irradiated volume in cubic centimetres and minutes, each "
            "patient as a small grey dot, the mean with its interval in blue.",
        ),
    }
)
