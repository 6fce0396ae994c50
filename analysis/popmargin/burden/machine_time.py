"""What each strategy does to the day of the machine: slot, patients, waiting, overtime."""

from typing import Any

import numpy as np

from popmargin.burden.comparison import Comparison
from popmargin.burden.minutes import capacity_change, patients_per_day, slot_needed
from popmargin.burden.queue import simulate_machine_day
from popmargin.core.random_streams import random_stream

MACHINE_KEYS = tuple(
    f"site.{name}"
    for name in (
        "slot_minutes",
        "treatment_minutes",
        "treatment_sd_minutes",
        "open_minutes_per_day",
        "downtime_share",
    )
)
"""Records behind the columns on the machine's time."""


def machine_time(comparison: Comparison, place: int) -> dict[str, Any]:
    """Columns on the machine's time of one strategy, at the typical values.

    Parameters
    ----------
    comparison : strategies of one group; place : of the strategy.

    Returns
    -------
    ``slot_needed_minutes`` (holds the mean fraction), ``patients_per_day`` and
    ``capacity_change_percent`` with it, ``waiting_minutes`` and ``overtime_minutes`` (with
    ``_standard_error``) when the slot stays as it is; all ``None`` without minutes of an image.
    """
    strategy, records = comparison.strategies[place], comparison.used_records
    slot, treatment, spread, open_minutes, downtime = (records[key].typical for key in MACHINE_KEYS)
    minutes = comparison.typical["minutes_per_fraction"][place]
    if not np.isfinite(minutes):
        return dict.fromkeys(_COLUMNS)
    needed = float(slot_needed(slot, treatment, minutes))
    added = records.get(f"{strategy.modality}.added_minutes")
    day = simulate_machine_day(
        patients=max(int(open_minutes * (1 - downtime) // slot), 1),
        slot_minutes=slot,
        treatment_minutes=treatment,
        treatment_sd_minutes=spread,
        added_minutes=added.typical if added else 0.0,
        imaged_share=min(strategy.images / comparison.question.fractions, 1.0),
        rng=random_stream(comparison.question.seed, "burden", "queue"),
    )
    found = (
        needed,
        float(patients_per_day(open_minutes, needed, downtime_share=downtime)),
        100.0 * float(capacity_change(slot, needed - slot)),
        day.waiting_minutes,
        day.waiting_standard_error,
        day.overtime_minutes,
        day.overtime_standard_error,
    )
    return dict(zip(_COLUMNS, found, strict=True))


_COLUMNS = (
    "slot_needed_minutes",
    "patients_per_day",
    "capacity_change_percent",
    "waiting_minutes",
    "waiting_standard_error_minutes",
    "overtime_minutes",
    "overtime_standard_error_minutes",
)
