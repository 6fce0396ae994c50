"""Priors of systematic and random SD on each axis from published rows that the user names.

Assumptions: the rows named measure one kind of error. Each paper counts once per axis, as the
geometric mean of its rows. Limits: papers print conventional SDs, whose Sigma holds sigma^2 / n of
theirs: too large rather than too small. A printed 0 has no logarithm and is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from popmargin.core.axes import TRANSLATIONS
from popmargin.core.exceptions import RefusedInput
from popmargin.statistics.prior import LogPrior, log_prior

# Names of axes in papers that can only mean one patient axis of a patient lying supine.
_AXES: Final = {
    "lr": ("lr", "rl", "lat", "ml", "ll"),
    "si": ("si", "cc", "lng"),
    "ap": ("ap", "vrt"),
}


@dataclass(frozen=True, slots=True)
class LiteraturePrior:
    """Priors of both SDs on one axis and the papers behind them."""

    axis: str
    systematic: LogPrior
    random: LogPrior
    papers: tuple[str, ...]


def select_literature(
    table: pl.DataFrame, *, site: str, quantity: str | None = None, state: str | None = None
) -> pl.DataFrame:
    """Rows of `popmargin.margins.published.published_population_errors` to borrow from.

    ``site`` must be the printed site; ``quantity`` and ``state`` (of correction) must each be
    contained in the printed text. Rows in degrees, without both SDs, with an axis that is not
    named beyond doubt, or whose axis was inferred are left out.

    Raises
    ------
    RefusedInput
        When nothing is left; lists the sites, or the quantities and states of the site.

    Examples
    --------
    >>> from popmargin.margins.published import published_population_errors
    >>> rows = select_literature(
    ...     published_population_errors(), site="prostate", quantity="total", state="no correction"
    ... )
    >>> rows["axis"].to_list(), rows["paper_id"].unique().to_list()
    (['lr', 'si', 'ap'], ['Graf2009'])
    """
    names = {name: axis for axis, several in _AXES.items() for name in several}
    known = table.with_columns(
        pl.col("axis").str.to_lowercase().replace_strict(names, default=None)
    ).filter(
        pl.col("axis").is_not_null()
        & (pl.col("unit") == "mm")
        & pl.col("Sigma_mm").is_not_null()
        & pl.col("sigma_mm").is_not_null()
        & ~pl.col("source_level").str.contains("INFERRED").fill_null(value=False)
    )
    of_site = known.filter(pl.col("site") == site)
    found = of_site
    for column, wanted in (("quantity", quantity), ("correction_state", state)):
        if wanted is not None:
            found = found.filter(pl.col(column).str.contains(wanted, literal=True))
    if found.is_empty():
        there = sorted(known["site"].unique().to_list())
        if not of_site.is_empty():
            pairs = of_site.select("quantity", "correction_state").unique().rows()
            there = sorted(f"{one} ({other})" for one, other in pairs)
        wanted = ", ".join(text for text in (site, quantity, state) if text)
        remedy = f"choose from: {'; '.join(there)}"
        raise RefusedInput("literature", f"rows of {wanted}", "none that can be used", remedy)
    return found


def literature_priors(
    rows: pl.DataFrame,
    *,
    between_scale: float | None = None,
    most_patients: float | None = None,
) -> list[LiteraturePrior]:
    """Priors of ln Sigma and ln sigma on every axis of the rows.

    Parameters
    ----------
    rows : from `select_literature`.
    between_scale : SD of ln SD between studies, stated; needed with fewer than three papers.
    most_patients : widen each prior until it weighs no more patients than this, > 1.

    Raises
    ------
    NotEstimable
        Fewer than three papers on an axis and no ``between_scale``.

    Examples
    --------
    >>> rows = pl.DataFrame({
    ...     "paper_id": ["x"], "axis": ["ap"], "Sigma_mm": ["2.0"], "sigma_mm": ["3.0"],
    ...     "n_patients": ["26"],
    ... })
    >>> prior = literature_priors(rows, between_scale=0.3, most_patients=4)[0]
    >>> round(prior.systematic.effective_groups, 6)
    3.5
    """
    found = []
    for axis in TRANSLATIONS:
        of_axis = rows.filter(pl.col("axis") == axis)
        papers = sorted(of_axis["paper_id"].unique().to_list())
        if not papers:
            continue
        priors = []
        for column in ("Sigma_mm", "sigma_mm"):
            values, counts = _values(of_axis, papers, column)
            prior = log_prior(values, counts, between_scale=between_scale)
            priors.append(prior if most_patients is None else prior.no_heavier_than(most_patients))
        found.append(LiteraturePrior(axis, priors[0], priors[1], tuple(papers)))
    return found


def _values(
    rows: pl.DataFrame, papers: Sequence[str], column: str
) -> tuple[list[float], list[int | None]]:
    """One value a paper (geometric mean of its rows), and its patients where they are printed."""
    values: list[float] = []
    counts: list[int | None] = []
    for paper in papers:
        mine = rows.filter(pl.col("paper_id") == paper)
        printed = mine[column].cast(pl.Float64).to_numpy()
        above = printed[printed > 0.0]
        if above.size:
            values.append(float(np.exp(np.log(above).mean())))
            patients = mine["n_patients"].cast(pl.Float64, strict=False).drop_nulls()
            fewest = int(patients.min()) if patients.len() else 0  # type: ignore[arg-type]
            counts.append(fewest if fewest > 1 else None)
    return values, counts
