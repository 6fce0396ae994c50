"""Synthetic anatomy that changes at stated rates, with steps, filling and hydration days.

Assumptions and limits: straight lines with normal rates between patients and normal noise; a step
falls on a random day; hydration swells a volume on two days after planning. Which rate is published
and what is assumed stands in ``example_anatomy.csv``; the patients are invented.
"""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from popmargin.cohorts.frame import SYNTHETIC_PREFIX, described_rows

FloatArray = NDArray[np.float64]
_HYDRATION = (1, 2, 3)


def anatomy_cohort(label: str, *, rng: np.random.Generator) -> pl.DataFrame:
    """An anatomy table of invented patients.

    Parameters
    ----------
    label : a label of ``example_anatomy.csv``.
    rng : source of the draws.

    Returns
    -------
    Columns of the contract ``anatomy``; fraction 0 is planning.

    Raises
    ------
    WrongUsage
        When the label does not exist.

    Examples
    --------
    >>> table = anatomy_cohort("head_and_neck_anatomy", rng=np.random.default_rng(1))
    >>> table["structure"].unique().sort().to_list()
    ['body', 'hydration', 'parotid']
    """
    rows = described_rows("example_anatomy.csv", label)
    stem = f"{SYNTHETIC_PREFIX}{label.replace('_', '-')}"
    frames: list[pl.DataFrame] = []
    deviations: dict[str, FloatArray] = {}
    for row in rows:
        fractions = _fractions(row)
        values = _values(row, fractions, deviations.get(row["follows"] or ""), rng)
        deviations[row["structure"]] = values - values[:, :1]
        frames.append(_frame(row, stem, fractions, values))
        if row["hydration_percent"]:
            frames.append(_hydration(stem, row["n_patients"]))
    return pl.concat(frames)


def _fractions(row: dict[str, Any]) -> NDArray[np.int64]:
    days = [0, *range(1, row["fractions"] + 1, row["every"])]
    days += [*_HYDRATION] if row["hydration_percent"] else []
    return np.unique([*days, row["fractions"]])


def _values(
    row: dict[str, Any],
    fractions: NDArray[np.int64],
    follows: FloatArray | None,
    rng: np.random.Generator,
) -> FloatArray:
    n = row["n_patients"]
    start = rng.normal(row["start_mean"], row["start_sd"], (n, 1))
    # A structure of a few cubic centimetres at least: a normal start must not turn negative.
    start = np.maximum(start, 0.3 * row["start_mean"])
    rate = rng.normal(row["rate_percent"], row["rate_sd_percent"], (n, 1)) / 100.0
    values = start * (1.0 + np.maximum(rate * fractions, -0.9))
    stepped = rng.random((n, 1)) < row["step_share"]
    day = rng.integers(4, row["fractions"] - 3, (n, 1))
    values = values + row["step_size"] * (stepped & (fractions >= day))
    if follows is not None:
        values = values + row["slope"] * follows
    values = values + rng.normal(0.0, row["noise_sd"], values.shape)
    if row["hydration_percent"]:
        values = values * (1.0 + row["hydration_percent"] / 100.0 * np.isin(fractions, _HYDRATION))
    return np.asarray(values.round(2))


def _frame(
    row: dict[str, Any], stem: str, fractions: NDArray[np.int64], values: FloatArray
) -> pl.DataFrame:
    n = row["n_patients"]
    return pl.DataFrame(
        {
            "patient_id": np.repeat([f"{stem}-{p:02d}" for p in range(1, n + 1)], fractions.size),
            "fraction": np.tile(fractions, n),
            "structure": row["structure"],
            "side": row["side"] or "",
            "quantity": row["quantity"],
            "value": values.ravel(),
            "unit": row["unit"],
        }
    )


def _hydration(stem: str, n: int) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "patient_id": np.repeat([f"{stem}-{p:02d}" for p in range(1, n + 1)], len(_HYDRATION)),
            "fraction": np.tile(_HYDRATION, n),
            "structure": "hydration",
            "side": "",
            "quantity": "event",
            "value": 1.0,
            "unit": "1",
        }
    )
