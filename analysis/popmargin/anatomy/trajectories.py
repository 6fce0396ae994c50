"""How fast anatomy changes: rates of the population and of each patient, by a mixed model.

Model: `popmargin.statistics.random_slopes`, a line over the fractions for every patient with rates
that differ between patients. A volume (and every other quantity that is followed in per cent) is
taken relative to the patient's own line at planning, so a rate reads per cent of the planning
value per fraction; with the form ``exponential`` the logarithm is followed instead, and a rate
reads per cent of what is left.

Assumptions: lines (or exponentials) within the fractions observed; patients independent; a patient
who is imaged because he changes is not told from the others. Limits: a step is no rate: see
`popmargin.anatomy.steps`. The interval of a patient's own rate takes the SDs as known.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from popmargin.anatomy.series import Series
from popmargin.core.exceptions import NotEstimable
from popmargin.core.flags import Flag
from popmargin.statistics.random_slopes import RandomSlopes, random_slopes

FloatArray = NDArray[np.float64]
FORMS: Final = ("linear", "exponential")
_ESTIMATES: Final = ("rate", "rate_sd", "residual_sd")


def followed_values(series: Series) -> tuple[FloatArray, FloatArray, NDArray[np.str_]]:
    """Fractions, values in the unit in which the series is followed, and patients.

    Per cent of the patient's own least-squares line at planning (fraction 0), where the series is
    relative; patients whose line is not positive there or who have one time point are left out.
    """
    x = series.frame["fraction"].to_numpy().astype(np.float64)
    y, labels = series.frame["value"].to_numpy(), series.labels
    if not series.relative:
        return x, y, labels
    names, codes = np.unique(labels, return_inverse=True)
    n = np.bincount(codes)
    mean_x, mean_y = np.bincount(codes, x) / n, np.bincount(codes, y) / n
    dx = x - mean_x[codes]
    sxx = np.bincount(codes, dx * dx)
    slope = np.divide(np.bincount(codes, dx * y), sxx, out=np.zeros(names.size), where=sxx > 0)
    planned = np.asarray((mean_y - slope * mean_x)[codes])
    usable = (planned > 0) & (sxx[codes] > 0)
    return x[usable], 100.0 * y[usable] / planned[usable], labels[usable]


def estimate_trajectories(
    found: Sequence[Series], *, confidence_level: float = 0.95, seed: int = 1
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[Flag]]:
    """Rows of contracts ``anatomy_trajectories`` and ``anatomy_courses``, and flags.

    Parameters
    ----------
    found : of `popmargin.anatomy.series.series_of`.
    confidence_level, seed : of the intervals.

    Returns
    -------
    population : one row a series and form, ``rate`` per fraction, its SD between patients and the
        SD about the lines, with intervals; None with the reason where not estimable.
    patients : one row a series and patient, own rate and best prediction with interval.

    Examples
    --------
    >>> import polars as pl
    >>> from popmargin.anatomy.series import series_of
    >>> table = pl.DataFrame([
    ...     {"patient_id": p, "course": "1", "fraction": f, "structure": "parotid", "side": "left",
    ...      "quantity": "volume", "unit": "cc", "value": v * (1 - 0.0069 * f) + 0.01 * (f % 3)}
    ...     for p, v in (("a", 20.0), ("b", 30.0), ("c", 25.0)) for f in range(0, 36, 5)])
    >>> rows, patients, flags = estimate_trajectories(series_of(table)[0])
    >>> round(rows[0]["rate"], 2), rows[0]["rate_unit"]
    (-0.69, '%/fraction')
    """
    population: list[dict[str, Any]] = []
    patients: list[dict[str, Any]] = []
    flags: list[Flag] = []
    for series in found:
        for form in FORMS if series.relative else FORMS[:1]:
            row, fit = _population(series, form, confidence_level, seed)
            population.append(row)
            if row["reason"] and form == FORMS[0]:
                flags.append(Flag("not_estimable", "info", f"{series.name}: {row['reason']}"))
            if fit is not None and form == FORMS[0]:
                patients += _patients(series, fit)
    return population, patients, flags


def series_columns(series: Series) -> dict[str, str]:
    """Columns that name a series in every table."""
    return dict(zip(("structure", "side", "quantity", "unit"), series.key, strict=True))


def rate_unit(series: Series) -> str:
    """Unit of a rate of the series."""
    return "%/fraction" if series.relative else f"{series.key[3]}/fraction"


def _population(
    series: Series, form: str, level: float, seed: int
) -> tuple[dict[str, Any], RandomSlopes | None]:
    head = {
        **series_columns(series),
        "form": form,
        "rate_unit": rate_unit(series),
        "n_patients": series.frame["patient_id"].n_unique(),
        "n_values": series.frame.height,
        "n_excluded": series.n_excluded,
        "last_fraction": series.frame["fraction"].max(),
        "confidence_level": level,
    }
    nothing = {f"{n}{end}": None for n in _ESTIMATES for end in ("", "_low", "_high")}
    nothing |= {f"change_at_last{end}": None for end in ("", "_low", "_high")}
    try:
        fit = _fit(series, form, level, seed)
    except NotEstimable as error:
        return {**head, "n_with_rate": 0, **nothing, "reason": str(error)}, None
    row: dict[str, Any] = {**head, "n_with_rate": fit.own_slopes.size}
    for name, value, interval in (
        ("rate", fit.slope, fit.slope_interval),
        ("rate_sd", fit.slope_sd, fit.slope_sd_interval),
        ("residual_sd", fit.residual_sd, fit.residual_sd_interval),
    ):
        row |= {name: value, f"{name}_low": interval.low, f"{name}_high": interval.high}
    ends = (fit.slope, fit.slope_interval.low, fit.slope_interval.high)
    last = float(series.frame["fraction"].to_numpy().max())
    changes = [100.0 * np.expm1(e * last / 100.0) if form != FORMS[0] else e * last for e in ends]
    names = ("change_at_last", "change_at_last_low", "change_at_last_high")
    return row | dict(zip(names, map(float, changes), strict=True)) | {"reason": None}, fit


def _fit(series: Series, form: str, level: float, seed: int) -> RandomSlopes:
    if form == FORMS[0]:
        return random_slopes(*followed_values(series), level=level, seed=seed)
    value = series.frame["value"].to_numpy()
    if not (value > 0).all():
        raise NotEstimable("exponential rate: a value is not positive")
    x = series.frame["fraction"].to_numpy().astype(np.float64)
    return random_slopes(x, 100.0 * np.log(value), series.labels, level=level, seed=seed)


def _patients(series: Series, fit: RandomSlopes) -> list[dict[str, Any]]:
    rows = []
    for place, label in enumerate(fit.labels):
        patient, course = str(label).split("\x1f")
        rows.append(
            {
                **series_columns(series),
                "patient_id": patient,
                "course": course,
                "rate_unit": rate_unit(series),
                "own_rate": float(fit.own_slopes[place]),
                "predicted_rate": float(fit.shrunken_slopes[place]),
                "predicted_rate_low": float(fit.shrunken_low[place]),
                "predicted_rate_high": float(fit.shrunken_high[place]),
            }
        )
    return rows
