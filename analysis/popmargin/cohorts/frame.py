"""The table that every synthetic cohort comes in, and the per-axis values that describe it."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from popmargin.core.axes import TRANSLATIONS, axis_column
from popmargin.core.exceptions import OutOfRange, WrongUsage
from popmargin.core.resources import resource_path

SYNTHETIC_PREFIX: Final = "synthetic-"

PerAxis = float | Sequence[float]


def per_axis(name: str, value: PerAxis, *, signed: bool = False) -> NDArray[np.float64]:
    """Three finite values, one an axis (lr, si, ap), from one number or three.

    Parameters
    ----------
    name : argument's name, for the message.
    value : one number for all axes, or three.
    signed : whether values below 0 are allowed.

    Returns
    -------
    Array of shape (3,).

    Raises
    ------
    OutOfRange
        When the values are not finite, negative where they must not be, or neither one nor three.

    Examples
    --------
    >>> per_axis("systematic_sd_mm", 2).tolist(), per_axis("m", [0, -1, 2], signed=True).tolist()
    ([2.0, 2.0, 2.0], [0.0, -1.0, 2.0])
    """
    values = np.asarray(value, dtype=np.float64)
    if values.shape not in ((), (len(TRANSLATIONS),)):
        raise OutOfRange(name, "one number, or three in the order lr, si, ap", value)
    if not np.all(np.isfinite(values)) or (not signed and np.any(values < 0)):
        raise OutOfRange(name, "finite numbers" if signed else "finite numbers >= 0", value)
    return np.broadcast_to(values, (len(TRANSLATIONS),)).copy()


def described_rows(file: str, label: str) -> list[dict[str, Any]]:
    """Rows of a reference table that describe one synthetic cohort.

    Parameters
    ----------
    file : of ``reference/``, with a column ``label``.
    label : of the cohort.

    Returns
    -------
    At least one row, in the order of the file.

    Raises
    ------
    WrongUsage
        When no row has the label.

    Examples
    --------
    >>> len(described_rows("example_breathing.csv", "lung_breathing"))
    3
    """
    rows = pl.read_csv(resource_path("reference", file)).filter(label=label).to_dicts()
    if not rows:
        raise WrongUsage(f"label: {file} describes no cohort {label!r}")
    return rows


def cohort_frame(
    errors_mm: NDArray[np.float64], fractions: NDArray[np.int64], *, label: str | None = None
) -> pl.DataFrame:
    """Shifts table of a synthetic cohort: every patient id says that the patient is synthetic.

    Parameters
    ----------
    errors_mm : shape (rows, 3), mm, by patient, then fraction; columns lr, si, ap.
    fractions : shape (patients,), fractions of each patient; they add up to the rows.
    label : put into the ids (``synthetic-<label>-01``), so that cohorts can stand in one table.

    Returns
    -------
    Columns patient_id, fraction (from 1), lr_mm, si_mm, ap_mm.

    Raises
    ------
    OutOfRange
        When the rows and the fractions do not add up.

    Examples
    --------
    >>> cohort_frame(np.zeros((3, 3)), np.array([1, 2]))["patient_id"].to_list()
    ['synthetic-1', 'synthetic-2', 'synthetic-2']
    """
    if errors_mm.shape != (int(fractions.sum()), len(TRANSLATIONS)):
        raise OutOfRange(
            "errors_mm", f"{int(fractions.sum())} rows of {len(TRANSLATIONS)}", errors_mm.shape
        )
    stem = SYNTHETIC_PREFIX + (f"{label}-" if label else "")
    width = len(str(len(fractions)))
    ids = [f"{stem}{number:0{width}d}" for number in range(1, len(fractions) + 1)]
    columns: dict[str, object] = {
        "patient_id": np.repeat(np.asarray(ids, dtype=object), fractions),
        "fraction": np.concatenate([np.arange(1, count + 1) for count in fractions]),
    }
    for position, axis in enumerate(TRANSLATIONS):
        columns[axis_column(axis)] = errors_mm[:, position]
    return pl.DataFrame(columns, schema_overrides={"patient_id": pl.String, "fraction": pl.Int64})
