"""Separate analyses of one log: inter-fraction, residual and intra-fraction errors, never mixed.

Each analysis names its error and, where the log has several, its surrogate; each gives population
errors of its own and says what they cover. Assumptions and limits: `popmargin.errors.population`,
and for differences within a fraction `popmargin.errors.intrafraction`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import polars as pl

from popmargin.core.exceptions import RefusedInput
from popmargin.core.flags import Flag
from popmargin.errors.intrafraction import AFTER, Reference, intrafraction_errors
from popmargin.errors.meaning import describe_error
from popmargin.errors.population import AxisEstimate, axis_data, estimate_population_errors
from popmargin.errors.select import ImageChoice
from popmargin.errors.selection_remarks import image_flags, pooled_flags
from popmargin.errors.units import summarise_units

ErrorKind = Literal["inter_fraction", "residual", "intra_fraction"]
_TIMING: Final = {"inter_fraction": "before_correction", "residual": "after_correction"}


@dataclass(frozen=True, slots=True)
class Analysis:
    """One analysis: which error, matched on what, and what intra-fraction errors start from.

    >>> Analysis("residual", "bone").covers
    'residual error after correction only, matched on bone'
    """

    error: ErrorKind
    surrogate: str | None = None
    reference: Reference = "after_correction"

    @property
    def name(self) -> str:
        """Name of the analysis in tables."""
        return self.error if self.surrogate is None else f"{self.error}, {self.surrogate}"

    @property
    def covers(self) -> str:
        """What a margin from these errors covers, in words."""
        return describe_error(_TIMING.get(self.error, self.error), self.surrogate)


@dataclass(frozen=True, slots=True)
class AnalysisResult:
    """Estimates of one analysis; none, with the flag that says why, where the log has no rows."""

    analysis: Analysis
    estimates: tuple[AxisEstimate, ...]
    flags: tuple[Flag, ...]


def estimate_analysis(
    shifts: pl.LazyFrame | pl.DataFrame,
    analysis: Analysis,
    *,
    group_by: Sequence[str] = (),
    image: ImageChoice = "first",
    **estimating: Any,
) -> AnalysisResult:
    """Population errors of one analysis.

    Parameters
    ----------
    shifts : canonical shifts, all images and timings.
    analysis : what is analysed.
    group_by, image : as in `popmargin.errors.units.summarise_units`; ``image`` plays no part in
        intra-fraction errors.
    estimating : as in `popmargin.errors.population.estimate_population_errors`.

    Examples
    --------
    >>> shifts = pl.DataFrame({"patient_id": ["a", "b"], "fraction": [1, 1], "lr_mm": [1.0, 3.0]})
    >>> found = estimate_analysis(shifts, Analysis("residual"))
    >>> found.estimates, found.flags[0].code
    ((), 'analysis_without_rows')
    """
    try:
        rows, flags = _rows(shifts.lazy(), analysis, group_by)
        timing = _TIMING.get(analysis.error, AFTER)
        surrogate = None if analysis.error == "intra_fraction" else analysis.surrogate
        units = summarise_units(
            rows, group_by=group_by, timing=timing, surrogate=surrogate, image=image
        )
    except RefusedInput as error:
        message = f"{analysis.name}: {error}"
        return AnalysisResult(analysis, (), (Flag("analysis_without_rows", "warn", message),))
    estimates, remarks = estimate_population_errors(axis_data(units), **estimating)
    flags += [*image_flags(units.images, units.selected, image), *remarks]
    named = (replace(flag, message=f"{analysis.name}: {flag.message}") for flag in flags)
    return AnalysisResult(analysis, tuple(estimates), tuple(named))


def analyses_of(stated: Sequence[Mapping[str, Any]]) -> list[Analysis]:
    """Analyses as a config states them, each once.

    >>> analyses_of([{"error": "residual"}, {"error": "residual"}])
    [Analysis(error='residual', surrogate=None, reference='after_correction')]
    """
    return list(dict.fromkeys(Analysis(**entry) for entry in stated))


def _rows(
    frame: pl.LazyFrame, analysis: Analysis, group_by: Sequence[str]
) -> tuple[pl.LazyFrame, list[Flag]]:
    if analysis.error == "intra_fraction":
        return intrafraction_errors(
            frame,
            reference=analysis.reference,
            surrogate=analysis.surrogate,
            group_by=group_by,
        )
    if analysis.surrogate is not None:
        return frame, []
    timing = pl.col("timing") if "timing" in frame.collect_schema() else pl.lit("before_correction")
    return frame, pooled_flags(frame.filter(timing == _TIMING[analysis.error]), group_by)
