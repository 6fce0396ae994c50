"""Margins of each analysis by itself, withheld where its own rows show a blocking fault.

Every analysis rests on other rows, so each is looked at for silent faults by itself: a fault of the
rows after correction says nothing against those before. Limits: those of the analyses and of the
looks. After correction everything is near zero by intent, so looks for residual rows and selective
logging say nothing there; of an intra-fraction analysis the images after treatment are looked at.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import polars as pl

from popmargin.core.flags import Flag
from popmargin.errors.analyses import Analysis, estimate_analysis
from popmargin.errors.select import ImageChoice
from popmargin.margins.estimate import estimate_margins
from popmargin.margins.recipe import Recipe
from popmargin.quality.find_faults import find_quality_faults
from popmargin.quality.thresholds import Thresholds

_TIMING: Final = {
    "inter_fraction": "before_correction",
    "residual": "after_correction",
    "intra_fraction": "after_treatment",
}


def estimate_analysis_margins(
    shifts: pl.LazyFrame | pl.DataFrame,
    analysis: Analysis,
    recipe: Recipe,
    *,
    group_by: Sequence[str] = (),
    image: ImageChoice = "first",
    thresholds: Thresholds | None = None,
    answered: frozenset[str] = frozenset(),
    withheld: bool = False,
    how: Mapping[str, Any] | None = None,
    estimating: Mapping[str, Any] | None = None,
) -> tuple[list[dict[str, Any]], list[Flag]]:
    """Rows of contract ``analysis_errors`` (and the group columns), and flags.

    Parameters
    ----------
    shifts : canonical shifts, all images and timings.
    analysis : what is analysed; ``recipe`` gives the margin of its errors.
    group_by, image, estimating : as in `popmargin.errors.analyses.estimate_analysis`.
    thresholds : of the quality flags; ``answered`` are codes that the config overrides.
    withheld : a blocking flag of the whole log stands.
    how : ``options`` and ``fractions`` as in `popmargin.margins.estimate.estimate_margins`.

    Examples
    --------
    >>> from popmargin.margins.registry import find_recipe
    >>> shifts = pl.DataFrame({
    ...     "patient_id": list("aabb"), "fraction": [1, 2] * 2, "ap_mm": [1.0, 2.0, 5.0, 7.0]})
    >>> rows, _ = estimate_analysis_margins(
    ...     shifts, Analysis("inter_fraction"), find_recipe("van_herk_linear"))
    >>> rows[0]["analysis"], round(rows[0]["margin_mm"], 2)
    ('inter_fraction', 8.49)
    """
    found = estimate_analysis(
        shifts, analysis, group_by=group_by, image=image, **(estimating or {})
    )
    flags = list(found.flags)
    if not found.estimates:
        return [], flags
    faults = _faults(shifts, analysis, group_by, thresholds)
    flags += faults
    blocked = any(flag.severity == "block" and flag.code not in answered for flag in faults)
    rows, remarks = estimate_margins(
        found.estimates,
        [recipe],
        covers=analysis.covers,
        withheld=withheld or blocked,
        **(how or {}),
    )
    return [{"analysis": analysis.name, **row} for row in rows], [*flags, *remarks]


def _faults(
    shifts: pl.LazyFrame | pl.DataFrame,
    analysis: Analysis,
    group_by: Sequence[str],
    thresholds: Thresholds | None,
) -> list[Flag]:
    """Faults of the rows that the analysis rests on, with its name before each."""
    report = find_quality_faults(
        shifts,
        group_by=group_by,
        timing=_TIMING[analysis.error],
        surrogate=analysis.surrogate,
        thresholds=thresholds,
    )
    return [replace(flag, message=f"{analysis.name}: {flag.message}") for flag in report.flags]
