"""Response of an organ at risk to the margin, as another part of the study has computed it.

Assumptions: the organ faces the target along one axis, so that the margin on that axis decides; the
errors are those of the curve (as logged). Limits: the curve belongs to a stated geometry, not to a
patient's plan, and its band to its model's published limits: read the change, not the rate. Dose by
imaging is not in it. A margin beyond the curve has no response; a draw beyond it counts as its end.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from popmargin.burden.record import NOT_VALIDATED
from popmargin.core.axes import TRANSLATIONS
from popmargin.core.exceptions import OutOfRange, RefusedInput

Floats = NDArray[np.float64]
_HALF_WIDTH: Final = 1.959963984540054


@dataclass(frozen=True, slots=True)
class OrganResponse:
    """NTCP of one organ as a curve over the margin, with a band.

    Attributes
    ----------
    organ : its name; axis : on which it faces the target; model : parameter set of the NTCP.
    margin_mm : ascending, at least two; ntcp, ntcp_low, ntcp_high : shares, 0 to 1, as many.
    status : of the model's parameters.

    Raises
    ------
    OutOfRange
        When the curve is no curve.
    """

    organ: str
    axis: str
    model: str
    margin_mm: tuple[float, ...]
    ntcp: tuple[float, ...]
    ntcp_low: tuple[float, ...]
    ntcp_high: tuple[float, ...]
    status: str

    def __post_init__(self) -> None:
        if self.axis not in TRANSLATIONS:
            raise OutOfRange("axis", f"one of {', '.join(TRANSLATIONS)}", self.axis)
        if len(self.margin_mm) < 2 or (np.diff(self.margin_mm) <= 0).any():
            raise OutOfRange("margin_mm", "two or more ascending margins", self.margin_mm)
        for name in ("ntcp", "ntcp_low", "ntcp_high"):
            curve = getattr(self, name)
            if len(curve) != len(self.margin_mm) or not all(0 <= share <= 1 for share in curve):
                raise OutOfRange(name, f"{len(self.margin_mm)} shares from 0 to 1", curve)

    @property
    def validated(self) -> bool:
        """Whether no part of the model is a default without validation."""
        return NOT_VALIDATED not in self.status

    @property
    def key(self) -> str:
        """Name of the model among the inputs: ``outcomes.<model>``."""
        return f"outcomes.{self.model}"

    def reaches(self, margin_mm: Sequence[float]) -> bool:
        """Whether the curve holds this margin, (3,) on lr, si and ap."""
        at = margin_mm[TRANSLATIONS.index(self.axis)]
        return self.margin_mm[0] <= at <= self.margin_mm[-1]

    def percent(self, margin_mm: Floats, scores: Floats) -> Floats:
        """NTCP in per cent.

        Parameters
        ----------
        margin_mm : (draws, 3) on lr, si and ap; scores : (draws,) standard normal scores of the
            band, 0 for the central curve.

        Returns
        -------
        (draws,); beyond the curve its end counts, see `reaches`.

        Examples
        --------
        >>> curve = OrganResponse("rectum", "ap", "set", (0.0, 10.0), (0.0, 0.2), (0.0, 0.1),
        ...     (0.1, 0.4), "seen")
        >>> curve.percent(np.array([[9.0, 9.0, 5.0], [0.0, 0.0, 11.0]]), np.zeros(2)).tolist()
        [10.0, 20.0]
        """
        at = margin_mm[:, TRANSLATIONS.index(self.axis)]
        middle, low, high = (
            np.interp(at, self.margin_mm, curve)
            for curve in (self.ntcp, self.ntcp_low, self.ntcp_high)
        )
        step = np.where(scores < 0, middle - low, high - middle) / _HALF_WIDTH
        return np.asarray(100.0 * np.clip(middle + scores * step, 0.0, 1.0))


def organ_responses(
    curves: Iterable[Mapping[str, Any]], organs: Iterable[Mapping[str, Any]]
) -> dict[str, OrganResponse]:
    """The response of each group from rows of the contract ``outcome_curve``.

    Parameters
    ----------
    curves : rows with ``group``, ``organ``, ``ntcp_set``, ``margin_mm`` (equal on all axes),
        ``ntcp`` and its limits (or none), ``status``.
    organs : ``group``, ``organ`` and ``axis`` that it lies on; the first of a group counts.

    Raises
    ------
    RefusedInput
        When a group's curve and its organ do not belong together.

    Examples
    --------
    >>> rows = [{"group": "all", "organ": "rectum", "ntcp_set": "q", "margin_mm": m, "ntcp": m / 50,
    ...     "ntcp_low": None, "ntcp_high": None, "status": "seen"} for m in (0.0, 10.0)]
    >>> organ_responses(rows, [{"group": "all", "organ": "rectum", "axis": "ap"}])["all"].ntcp_high
    (0.0, 0.2)
    """
    known = [row for row in curves if row["ntcp"] is not None]
    found: dict[str, OrganResponse] = {}
    for organ in organs:
        group = organ["group"]
        rows = [row for row in known if row["group"] == group and row["organ"] == organ["organ"]]
        if group in found or not rows:
            continue
        models = {row["ntcp_set"] for row in rows}
        if len(models) > 1:
            raise RefusedInput(
                f"outcomes of {group}", "one model an organ", ", ".join(models), "name organs apart"
            )
        rows.sort(key=lambda row: row["margin_mm"])
        low, high = (
            tuple(row["ntcp"] if row[f"ntcp_{end}"] is None else row[f"ntcp_{end}"] for row in rows)
            for end in ("low", "high")
        )
        found[group] = OrganResponse(
            organ["organ"],
            organ["axis"],
            str(rows[0]["ntcp_set"]),
            tuple(row["margin_mm"] for row in rows),
            tuple(row["ntcp"] for row in rows),
            low,
            high,
            str(rows[0]["status"] or ""),
        )
    return found
