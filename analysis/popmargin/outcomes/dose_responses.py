"""Dose-volume histograms of a study against outcomes: published risks, observed ones, own fits.

Assumptions: those of `popmargin.outcomes.dvh_table`, `ntcp` and `fit_ntcp`. A patient whose
observation ended early, or who had a competing event, counts as free of the complication.

Limits: histograms are those of the plan, without set-up errors; a published set that misses the
observed share may miss it by technique, scoring or follow-up as well as by its parameters. The
curve's limits hold n at its estimate.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from popmargin.core.exceptions import NotEstimable
from popmargin.outcomes.cohort_response import corners
from popmargin.outcomes.complication_sets import (
    ComplicationSet,
    LkbSet,
    check_lkb_set,
    complication_set,
)
from popmargin.outcomes.dose_volume import mean_dose_gy
from popmargin.outcomes.dvh_table import (
    Histogram,
    equivalent_uniform_doses,
    patient_histograms,
)
from popmargin.outcomes.fit_ntcp import FittedSet, fit_lkb
from popmargin.outcomes.observed import endpoint_cohort
from popmargin.statistics.anova import anova_components
from popmargin.statistics.mean_interval import mean_interval
from popmargin.statistics.one_way import OneWayData
from popmargin.statistics.proportion import exact_proportion

Row = dict[str, Any]
FloatArray = NDArray[np.float64]
TABLES: Final = ("dose_responses", "ntcp_fits", "dose_response_points")
_CURVE: Final = 25
_FIFTHS: Final = 5


def estimate_dose_responses(
    dvh: pl.DataFrame,
    outcomes: pl.DataFrame | None,
    asked: Mapping[str, Any],
    *,
    level: float = 0.95,
) -> dict[str, list[Row]]:
    """Rows of the contracts ``dose_responses``, ``ntcp_fits`` and ``dose_response_points``.

    Parameters
    ----------
    dvh : contract ``dvh``.
    outcomes : contract of that name; None where no response names an endpoint.
    asked : as the config's ``outcomes.dose_volume``.
    level : of intervals, inside (0, 1).

    Raises
    ------
    RefusedInput
        When a histogram cannot be of its kind, or the outcomes are impossible.

    Examples
    --------
    >>> table = pl.DataFrame({"patient_id": ["a", "a", "b", "b"], "structure": ["rectum"] * 4,
    ...     "dose_gy": [0.0, 60.0] * 2, "volume_fraction": [0.5, 0.5, 0.4, 0.6]})
    >>> response = {"structure": "rectum", "ntcp_set": "rectum_quantec", "endpoint": None,
    ...     "grade_at_least": None, "alpha_beta_gy": None}
    >>> asked = {"kind": "differential", "fractions": None, "responses": [response]}
    >>> estimate_dose_responses(table, None, asked)["dose_responses"][0]["mean_dose_gy"]
    33.0
    """
    found: dict[str, list[Row]] = {name: [] for name in TABLES}
    for response in asked["responses"]:
        row, fit, points = _response(dvh, outcomes, asked, response, level)
        found["dose_responses"].append(row)
        found["ntcp_fits"] += fit
        found["dose_response_points"] += points
    return found


def _response(
    dvh: pl.DataFrame,
    outcomes: pl.DataFrame | None,
    asked: Mapping[str, Any],
    response: Mapping[str, Any],
    level: float,
) -> tuple[Row, list[Row], list[Row]]:
    """Rows of one structure: what was given, what it predicts, what was seen and fitted."""
    structure, kind = response["structure"], asked["kind"]
    key = {name: response[name] for name in ("structure", "endpoint", "grade_at_least")}
    try:
        histograms = patient_histograms(dvh, structure, kind=kind)
    except NotEstimable as refusal:
        return key | {"reason": f"not estimable: {refusal}"}, [], []
    row = key | _given(histograms, level) | _predicted(histograms, response, asked["fractions"])
    if response["endpoint"] is None or outcomes is None:
        return row, [], []
    try:
        cohort = endpoint_cohort(
            outcomes, response["endpoint"], grade_at_least=response["grade_at_least"]
        )
    except NotEstimable as refusal:
        return row | {"reason": f"not estimable: {refusal}"}, [], []
    codes = cohort.select("patient_id", pl.col("event") == 1).rows()
    events = {str(patient): int(event) for patient, event in codes if patient in histograms}
    if not events:
        return row | {"reason": "not estimable: no patient with histogram and outcome"}, [], []
    known = {patient: histograms[patient] for patient in events}
    seen = exact_proportion(sum(events.values()), len(events), level=level)
    row |= {
        "n_observed": len(events), "n_events": sum(events.values()), "observed": seen.value,
        "observed_low": seen.low, "observed_high": seen.high,
    }  # fmt: skip
    head = key | {"n_patients": len(events), "n_events": sum(events.values())}
    doses = {"fractions": asked["fractions"], "alpha_beta_gy": response["alpha_beta_gy"]}
    if asked["fractions"] is None or response["alpha_beta_gy"] is None:
        doses = dict.fromkeys(doses)
    said = (
        "as given in the histograms"
        if doses["fractions"] is None
        else f"2 Gy equivalents, {asked['fractions']:g} fractions, alpha/beta "
        f"{response['alpha_beta_gy']:g} Gy"
    )
    head["dose_convention"] = said
    try:
        fit = fit_lkb(known, events, level=level, **doses)
    except NotEstimable as refusal:
        return row, [head | {"reason": f"not estimable: {refusal}"}], []
    euds = equivalent_uniform_doses(known, n=fit.n, **doses)
    points = [key | point for point in _points(fit, euds, events, level)]
    return row, [head | _fitted(fit)], points


def _given(histograms: Mapping[str, Histogram], level: float) -> Row:
    """Mean dose over patients."""
    means = [mean_dose_gy(*histogram) for histogram in histograms.values()]
    row: Row = {"n_patients": len(means), "mean_dose_gy": float(np.mean(means))}
    if len(means) > 1:
        data = OneWayData.from_values(means, range(len(means)))
        limits = mean_interval(data, anova_components(data), level)
        row |= {"mean_dose_low_gy": limits.low, "mean_dose_high_gy": limits.high}
    return row


def _predicted(
    histograms: Mapping[str, Histogram], response: Mapping[str, Any], fractions: float | None
) -> Row:
    """Mean complication probability of a published set, and its band."""
    if response["ntcp_set"] is None:
        return {}
    parameters = complication_set(response["ntcp_set"])
    means = _mean_risks(histograms, parameters, fractions)
    low, high = (min(means), max(means)) if len(means) > 1 else (None, None)
    return {"ntcp_set": parameters.label, "status": parameters.status, "ntcp": means[0],
            "ntcp_low": low, "ntcp_high": high}  # fmt: skip


def _mean_risks(
    histograms: Mapping[str, Histogram], parameters: ComplicationSet, fractions: float | None
) -> list[float]:
    """Mean complication probability with the set, then with the corners of its limits."""
    from scipy.special import expit, ndtr

    doses = {"fractions": fractions, "alpha_beta_gy": parameters.alpha_beta_gy}
    if fractions is None:
        doses = dict.fromkeys(doses)

    def euds(n: float) -> FloatArray:
        return np.array([*equivalent_uniform_doses(histograms, n=n, **doses).values()])

    if not isinstance(parameters, LkbSet):
        level = parameters.intercept + parameters.slope_per_gy * euds(1.0)
        return [float(expit(level).mean())]
    check_lkb_set(parameters)
    members = corners(parameters)
    uniform = {n: euds(n) for n in {member.n for member in members}}
    return [
        float(ndtr((uniform[one.n] - one.td50_gy) / (one.m * one.td50_gy)).mean())
        for one in members
    ]


def _fitted(fit: FittedSet) -> Row:
    row: Row = {"log_likelihood": fit.log_likelihood,
                "status": "fitted to own data, not validated elsewhere"}  # fmt: skip
    for name, unit in (("n", ""), ("m", ""), ("td50", "_gy")):
        for end in ("", "_low", "_high"):
            row[f"{name}{end}{unit}"] = getattr(fit, f"{name}{end}{unit}")
    return row


def _points(
    fit: FittedSet, euds: Mapping[str, float], events: Mapping[str, int], level: float
) -> list[Row]:
    """The fitted curve with limits, and the observed share in fifths of the patients."""
    patients = sorted(events, key=lambda patient: (euds[patient], patient))
    dose = np.array([euds[patient] for patient in patients])
    rows: list[Row] = []
    grid = np.linspace(dose[0], dose[-1], _CURVE)
    for place, value in zip(grid.tolist(), _curve(fit, dose, grid, level), strict=True):
        risk, low, high = value
        rows.append({"kind": "fitted", "eud_gy": place, "risk": risk, "risk_low": low,
                     "risk_high": high, "n_patients": None})  # fmt: skip
    for part in np.array_split(np.arange(dose.size), _FIFTHS):
        count = sum(events[patients[place]] for place in part)
        seen = exact_proportion(count, part.size, level=level)
        rows.append({"kind": "observed", "eud_gy": float(dose[part].mean()), "risk": seen.value,
                     "risk_low": seen.low, "risk_high": seen.high,
                     "n_patients": int(part.size)})  # fmt: skip
    return rows


def _curve(
    fit: FittedSet, dose: FloatArray, grid: FloatArray, level: float
) -> list[tuple[float, float, float]]:
    """Risk and pointwise limits of the probit at the fitted n, by its information."""
    from scipy.special import log_ndtr, ndtr, ndtri

    slope = 1.0 / (fit.m * fit.td50_gy)
    score = slope * (dose - fit.td50_gy)
    # phi^2 / (Phi (1 - Phi)) in logarithms: far from TD50 both vanish.
    density = -(score**2) - np.log(2.0 * np.pi)
    weight = np.exp(density - log_ndtr(score) - log_ndtr(-score))
    design = np.column_stack([np.ones(dose.size), dose])
    covariance = np.linalg.inv((design.T * weight) @ design)
    places = np.column_stack([np.ones(grid.size), grid])
    error = np.sqrt(np.einsum("ij,jk,ik->i", places, covariance, places))
    wide = float(ndtri(0.5 + 0.5 * level)) * error
    middle = slope * (grid - fit.td50_gy)
    parts = (ndtr(middle), ndtr(middle - wide), ndtr(middle + wide))
    return [(a, b, c) for a, b, c in zip(*(part.tolist() for part in parts), strict=True)]
