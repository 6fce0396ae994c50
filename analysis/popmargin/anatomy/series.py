"""Series of one quantity of one structure over the fractions, ready to be followed.

A series is structure, side, quantity and unit. Fractions on which something temporary happened
(rows with quantity ``event``, for instance structure ``hydration``) are left out for that patient:
hydration for cisplatin swells a parotid by 7 to 11 % for a day or three (Kager 2015), which is no
change of anatomy. Values that repeat at a fraction are averaged.

Volumes, weights, separations and diameters are followed in per cent of the patient's own line at
planning; positions, gaps and depths in their unit.

Assumptions and limits: the planning value itself is as uncertain as any other, so no single value
is divided by. A quantity that is logged in two units makes two series, and is flagged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from popmargin.core.flags import Flag

FloatArray = NDArray[np.float64]
SERIES: Final = ("structure", "side", "quantity", "unit")
RELATIVE: Final = frozenset({"volume", "weight", "separation", "diameter"})
EVENT: Final = "event"
_UNIT: Final = ("patient_id", "course")


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One quantity: ``key`` (structure, side, quantity, unit) and its rows.

    ``frame`` has ``patient_id``, ``course``, ``fraction``, ``value``, one row a patient, course
    and fraction, in that order; ``n_excluded`` values stood on fractions with an event.
    """

    key: tuple[str, str, str, str]
    frame: pl.DataFrame
    n_excluded: int

    @property
    def name(self) -> str:
        """Words for it, without the unit."""
        return " ".join(part for part in self.key[:3] if part)

    @property
    def relative(self) -> bool:
        """Whether it is followed in per cent of the patient's own line at planning."""
        return self.key[2] in RELATIVE

    @property
    def labels(self) -> NDArray[np.str_]:
        """Patient and course of every row."""
        joined = self.frame.select(pl.concat_str("patient_id", "course", separator="\x1f"))
        return np.asarray(joined.to_series().to_numpy().astype(np.str_))


def series_of(
    anatomy: pl.DataFrame, *, exclude_events: Sequence[str] = ("hydration",)
) -> tuple[list[Series], list[Flag]]:
    """Every series of an anatomy table, in the order of their keys, and flags.

    Parameters
    ----------
    anatomy : canonical anatomy table (contract ``anatomy``, defaults filled in).
    exclude_events : structures of ``event`` rows (value not 0) whose fractions are left out.

    Examples
    --------
    >>> base = {"patient_id": "p", "course": "1", "side": "", "unit": "cc"}
    >>> rows = [{**base, "fraction": f, "structure": s, "quantity": q, "value": v} for f, s, q, v in
    ...     [(1, "parotid", "volume", 30.0), (2, "parotid", "volume", 33.0),
    ...      (2, "hydration", "event", 1.0)]]
    >>> found, flags = series_of(pl.DataFrame(rows))
    >>> found[0].frame.height, found[0].n_excluded, flags[0].code
    (1, 1, 'event_days_excluded')
    """
    events = anatomy.filter(
        (pl.col("quantity") == EVENT)
        & pl.col("structure").is_in(list(exclude_events))
        & (pl.col("value") != 0)
    ).select(*_UNIT, "fraction")
    rows = anatomy.filter(pl.col("quantity") != EVENT)
    found: list[Series] = []
    lost = 0
    parts = rows.partition_by(SERIES, as_dict=True)
    for key, part in sorted(parts.items(), key=lambda item: tuple(map(str, item[0]))):
        kept = part.join(events.unique(), on=[*_UNIT, "fraction"], how="anti")
        lost += part.height - kept.height
        frame = (
            kept.group_by(*_UNIT, "fraction")
            .agg(pl.col("value").sort().mean())
            .sort(*_UNIT, "fraction")
        )
        words = tuple("" if text is None else str(text) for text in key)
        found.append(
            Series((words[0], words[1], words[2], words[3]), frame, part.height - kept.height)
        )
    flags = [*_events(events, lost), *_units(found)]
    return found, flags


def _events(events: pl.DataFrame, lost: int) -> list[Flag]:
    if not lost:
        return []
    patients = events["patient_id"].n_unique()
    message = f"{lost} values on days of a temporary event (hydration) of {patients} patients "
    return [Flag("event_days_excluded", "info", message + "are left out", patients=patients)]


def _units(found: Sequence[Series]) -> list[Flag]:
    names = [series.key[:3] for series in found]
    return [
        Flag("several_units", "warn", f"{' '.join(name)} is logged in several units: two series")
        for name in dict.fromkeys(n for n in names if names.count(n) > 1)
    ]
