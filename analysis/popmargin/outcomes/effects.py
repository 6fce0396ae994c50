"""What observed outcomes go with: logistic and Cox models, weighted comparison, in plain words.

Assumptions: those of `popmargin.statistics.regression` and `weighting`; missing covariates are
imputed several times (`popmargin.statistics.imputation`) and the share missing is reported.

Limits: only a randomised comparison carries the word effect, and only for what was randomised.
Every other row is an association, adjusted for what is named and for nothing else.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from popmargin.core.exceptions import NotEstimable, RefusedInput, WrongUsage
from popmargin.core.random_streams import random_stream
from popmargin.statistics.imputation import impute, pool_estimates
from popmargin.statistics.regression import RegressionFit, fit_cox, fit_logistic
from popmargin.statistics.weighting import e_value, weighted_comparison

Row = dict[str, Any]
Model = Literal["logistic", "cox"]
FloatArray = NDArray[np.float64]
IMPUTATIONS: Final = 10
# Fewer centres than this cannot carry a variance between them: with 8 the measured coverage of 95 %
# intervals is 93 %, with 12 it is 96 % (benchmarks/outcome_coverage.py).
LEAST_CENTRES: Final = 12
_ENTRY: Final = "entry_months"


def outcome_associations(
    cohort: pl.DataFrame,
    terms: Sequence[str],
    *,
    model: Model,
    randomised: Sequence[str] = (),
    level: float = 0.95,
    seed: int = 1,
) -> list[Row]:
    """Odds or hazard ratio of every term, adjusted for the others.

    Parameters
    ----------
    cohort : one row a patient: ``event``, ``time_months`` and the terms; with a column ``centre``
        of twelve or more values the intervals are clustered by it. With ``entry_months``
        (start-stop rows, cox only) a patient may have several rows.
    terms : columns; texts become one 0/1 term for each value after the most frequent.
    model : ``logistic`` (event by the end of observation) or ``cox`` (cause-specific hazard).
    randomised : columns that were randomised; only their rows may speak of an effect.
    level, seed : of intervals, inside (0, 1), and of imputations, >= 0.

    Returns
    -------
    Contract ``outcome_effects``: a row a term; one row with the reason where nothing is estimable.

    Raises
    ------
    RefusedInput
        When a patient stands twice.
    WrongUsage
        When a term is no column.

    Examples
    --------
    >>> cohort = pl.DataFrame({"patient_id": [f"p{i}" for i in range(80)], "event": [0, 1] * 40,
    ...     "time_months": [10.0] * 80, "age": [60.0 + i % 9 for i in range(80)]})
    >>> outcome_associations(cohort, ["age"], model="logistic")[0]["statement"]
    'association'
    """
    key = [name for name in ("patient_id", _ENTRY) if name in cohort.columns]
    if cohort.select(key).is_duplicated().any():
        raise RefusedInput("outcomes", "every patient once", "duplicate patients", "remove them")
    if model == "logistic" and _ENTRY in cohort.columns:
        raise WrongUsage("outcomes: rows with an entry time are for the model cox")
    lacking = [term for term in terms if term not in cohort.columns]
    if lacking:
        raise WrongUsage(f"outcomes: no column {lacking[0]} among patients and exposures")
    patients = cohort["patient_id"].n_unique()
    base: Row = {"model": model, "adjusted_for": None, "n_patients": patients}
    base["n_events"] = int((cohort["event"] == 1).sum())
    try:
        names, table, origins = design_columns(cohort, terms)
        missing = float(np.isnan(table).any(axis=1).mean())
        clusters, base["clustering"] = _clusters(cohort)
        fits = [
            _fit(model, copy, cohort, clusters, level) for copy in _completed(table, cohort, seed)
        ]
    except NotEstimable as refusal:
        return [{**base, "term": ", ".join(terms), "reason": f"not estimable: {refusal}"}]
    if clusters is not None and fits[0].method == "penalised":
        base["clustering"] = "not counted: the penalised likelihood takes patients as independent"
    rows = []
    for place, name in enumerate(names):
        value, low, high = _pooled(fits, place, patients, level)
        others = [other for other in names if other != name]
        rows.append(
            {
                **base,
                "term": name,
                "measure": "odds ratio" if model == "logistic" else "hazard ratio",
                "ratio": float(np.exp(value)),
                "ratio_low": float(np.exp(low)),
                "ratio_high": float(np.exp(high)),
                "method": fits[0].method,
                "adjusted_for": ", ".join(others) or None,
                "missing_share": missing,
                "statement": "randomised effect" if origins[place] in randomised else "association",
            }
        )
    return rows


def weighted_association(
    cohort: pl.DataFrame,
    group: str,
    covariates: Sequence[str],
    *,
    randomised: bool = False,
    level: float = 0.95,
) -> tuple[Row, list[Row]]:
    """Weighted risk difference of two groups, its E-value, and the balance of the covariates.

    Parameters
    ----------
    cohort : ``event`` and the columns; patients with a missing value are left out and counted.
    group : column with two values; the less frequent is compared with the other.
    covariates : columns to weight by.
    randomised : whether the group was randomised.
    level : of the intervals, inside (0, 1).

    Returns
    -------
    A row of contract ``outcome_weighted`` and rows of contract ``outcome_balance``.

    Raises
    ------
    WrongUsage
        When a column does not exist.

    Examples
    --------
    >>> cohort = pl.DataFrame({"event": [0, 1, 1, 0] * 50, "arm": ["a", "b"] * 100,
    ...     "age": [60.0 + i % 7 for i in range(200)]})
    >>> row, balance = weighted_association(cohort, "arm", ["age"])
    >>> row["statement"], len(balance)
    ('adjusted association', 1)
    """
    wanted = [name for name in (group, *covariates) if name not in cohort.columns]
    if wanted:
        raise WrongUsage(f"outcomes: no column {wanted[0]} among patients and exposures")
    complete = cohort.drop_nulls([group, *covariates])
    row: Row = {
        "group_column": group,
        "n_patients": complete.height,
        "n_left_out": cohort.height - complete.height,
        "n_events": int((complete["event"] == 1).sum()),
        "adjusted_for": ", ".join(covariates),
        "statement": "randomised effect" if randomised else "adjusted association",
    }
    counts = complete[group].cast(pl.String).value_counts().sort("count", group)
    if counts.height != 2:
        return row | {"reason": f"not estimable: {counts.height} groups, two are needed"}, []
    one, zero = counts[group].to_list()
    clusters, row["clustering"] = _clusters(complete)
    row |= {"group_one": one, "group_zero": zero}
    try:
        names, table, _ = design_columns(complete, covariates)
        found = weighted_comparison(
            (complete["event"] == 1).to_numpy().astype(float),
            (complete[group].cast(pl.String) == one).to_numpy().astype(float),
            table,
            clusters=clusters,
            level=level,
        )
    except NotEstimable as refusal:
        return row | {"reason": f"not estimable: {refusal}"}, []
    if found.ratio is not None and found.ratio_low is not None and found.ratio_high is not None:
        nearer = found.ratio_low if found.ratio >= 1.0 else found.ratio_high
        row["e_value"], row["e_value_limit"] = e_value(found.ratio, nearer)
    row |= {
        "risk_one": found.risk_one, "risk_zero": found.risk_zero,
        "difference": found.difference, "difference_low": found.difference_low,
        "difference_high": found.difference_high, "ratio": found.ratio,
        "ratio_low": found.ratio_low, "ratio_high": found.ratio_high,
        "effective_one": found.effective_sizes[0], "effective_zero": found.effective_sizes[1],
    }  # fmt: skip
    balance = [
        {"group_column": group, "covariate": name, "before": float(before), "after": float(after)}
        for name, before, after in zip(
            names, found.balance_before, found.balance_after, strict=True
        )
    ]
    return row, balance


def design_columns(
    cohort: pl.DataFrame, terms: Sequence[str]
) -> tuple[list[str], FloatArray, list[str]]:
    """Numeric columns of the terms: names, values (NaN where missing) and the terms they come from.

    Raises `NotEstimable` when a text has one value only.

    >>> design_columns(pl.DataFrame({"sex": ["f", "m", "f"]}), ["sex"])[0]
    ['sex: m']
    """
    names, columns, origins = [], [], []
    for term in terms:
        series = cohort[term]
        if series.dtype.is_numeric():
            names.append(term)
            columns.append(series.cast(pl.Float64).to_numpy())
            origins.append(term)
            continue
        counts = series.drop_nulls().value_counts().sort(["count", term], descending=[True, False])
        values = counts[term].to_list()
        if len(values) < 2:
            raise NotEstimable(f"{term} has one value only (one arm)")
        for value in values[1:]:
            names.append(f"{term}: {value}")
            columns.append((series == value).cast(pl.Float64).to_numpy())
            origins.append(term)
    table = np.column_stack([np.asarray(column, dtype=np.float64) for column in columns])
    return names, table, origins


def _clusters(cohort: pl.DataFrame) -> tuple[NDArray[Any] | None, str]:
    """Centres, where there are enough of them to carry a variance, and what is said about them."""
    if "centre" not in cohort.columns:
        return None, "not counted: no column centre"
    if cohort["centre"].has_nulls():
        return None, "not counted: patients without a centre"
    centres = cohort["centre"].n_unique()
    if centres < LEAST_CENTRES:
        few = f"{centres} centres carry no variance between them, intervals may be too narrow"
        return None, "one centre" if centres == 1 else f"not counted: {few}"
    return cohort["centre"].to_numpy(), f"clustered by {centres} centres"


def _completed(table: FloatArray, cohort: pl.DataFrame, seed: int) -> list[FloatArray]:
    """The table, or copies imputed with the outcome among the columns where values are missing."""
    if not np.isnan(table).any():
        return [table]
    event = (cohort["event"] == 1).to_numpy().astype(float)
    time = np.log1p(cohort["time_months"].to_numpy())
    used = [column for column in (event, time) if column.std() > 0.0]
    copies = impute(
        np.column_stack([table, *used]), times=IMPUTATIONS, rng=random_stream(seed, "imputation")
    )
    return [copy[:, : table.shape[1]] for copy in copies]


def _fit(
    model: Model,
    table: FloatArray,
    cohort: pl.DataFrame,
    clusters: NDArray[Any] | None,
    level: float,
) -> RegressionFit:
    event = cohort["event"].to_numpy()
    if model == "logistic":
        return fit_logistic(table, (event == 1).astype(float), clusters=clusters, level=level)
    entry = cohort[_ENTRY].to_numpy() if _ENTRY in cohort.columns else None
    time = cohort["time_months"].to_numpy()
    return fit_cox(table, time, event, entry=entry, clusters=clusters, level=level)


def _pooled(
    fits: Sequence[RegressionFit], place: int, subjects: int, level: float
) -> tuple[float, float, float]:
    """Coefficient and limits: of one fit, or of several imputations."""
    if len(fits) == 1:
        fit = fits[0]
        return tuple(float(part[place]) for part in (fit.coefficients, fit.low, fit.high))  # type: ignore[return-value]
    values = [float(fit.coefficients[place]) for fit in fits]
    from scipy.special import ndtri

    wide = 2.0 * float(ndtri(0.5 + 0.5 * level))
    # A profile's width stands for its standard error where there is no other.
    errors = [float(fit.high[place] - fit.low[place]) / wide for fit in fits]
    pooled = pool_estimates(values, errors, subjects=subjects, level=level)
    return pooled.value, pooled.low, pooled.high


def reported(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[Row]:
    """Rows with every one of the names, None where a row has no such value.

    >>> reported([{"a": 1}], ["a", "b"])
    [{'a': 1, 'b': None}]
    """
    return [{name: row.get(name) for name in names} for row in rows]
