"""Dose-volume histograms of patients from one table, checked and as generalised EUDs.

Assumption: the table says doses of the whole course in Gy. Limits: a histogram has no places; two
plans with one histogram are one to every model here.
"""

from collections.abc import Mapping
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from popmargin.core.exceptions import NotEstimable, OutOfRange, RefusedInput
from popmargin.outcomes.dose_volume import (
    check_dose_volume,
    differential_from_cumulative,
    generalised_eud_gy,
)
from popmargin.outcomes.fractionation import equivalent_dose_2gy

Histogram = tuple[NDArray[np.float64], NDArray[np.float64]]
Kind = Literal["differential", "cumulative"]


def patient_histograms(dvh: pl.DataFrame, structure: str, *, kind: Kind) -> dict[str, Histogram]:
    """Differential histogram of one structure of every patient.

    Parameters
    ----------
    dvh : contract ``dvh``.
    structure : its name.
    kind : what the volume fractions are; never guessed.

    Raises
    ------
    NotEstimable
        When no patient has the structure.
    RefusedInput
        When a histogram cannot be one of the kind, naming the patient.

    Examples
    --------
    >>> table = pl.DataFrame({"patient_id": ["a"] * 3, "structure": ["rectum"] * 3,
    ...     "dose_gy": [0.0, 10.0, 20.0], "volume_fraction": [1.0, 0.4, 0.0]})
    >>> patient_histograms(table, "rectum", kind="cumulative")["a"][0].tolist()
    [5.0, 15.0]
    """
    rows = dvh.filter(pl.col("structure") == structure).sort("patient_id", "dose_gy")
    if rows.is_empty():
        raise NotEstimable(f"no histogram of {structure}")
    found = {}
    for (patient,), part in rows.partition_by("patient_id", as_dict=True).items():
        dose, volume = part["dose_gy"].to_numpy(), part["volume_fraction"].to_numpy()
        try:
            read = check_dose_volume if kind == "differential" else differential_from_cumulative
            found[str(patient)] = read(dose, volume)
        except OutOfRange as error:
            raise RefusedInput(
                f"dvh, patient {patient}, {structure}", f"a {kind} histogram", str(error),
                "correct the table, or declare the other kind",
            ) from None  # fmt: skip
    return found


def equivalent_uniform_doses(
    histograms: Mapping[str, Histogram],
    *,
    n: float,
    fractions: float | None = None,
    alpha_beta_gy: float | None = None,
) -> dict[str, float]:
    """Generalised EUD of every patient, Gy; in 2 Gy equivalents where fractions are given.

    Parameters
    ----------
    histograms : of `patient_histograms`.  n : volume parameter, > 0 (exponent 1/n).
    fractions, alpha_beta_gy : both or neither.

    Raises
    ------
    OutOfRange
        When only one of the two is given, or a value is out of range.

    Examples
    --------
    >>> equivalent_uniform_doses({"a": (np.array([10.0, 30.0]), np.array([0.5, 0.5]))}, n=1)
    {'a': 20.0}
    """
    if (fractions is None) != (alpha_beta_gy is None):
        raise OutOfRange("fractions", "fractions and alpha_beta_gy, or neither", fractions)
    found = {}
    for patient, (dose, volume) in histograms.items():
        doses = dose
        if fractions is not None and alpha_beta_gy is not None:
            doses = equivalent_dose_2gy(dose, fractions=fractions, alpha_beta_gy=alpha_beta_gy)
        found[patient] = generalised_eud_gy(doses, volume, exponent=1.0 / n)
    return found
