"""Floor 2: fraction and image numbers for logs that hold only dates.

Assumption, said with every result that rests on it: the sessions of a patient, course and plan
are its fractions in the order of their dates. Limit: a fraction without any image is not counted,
so numbers of a log with gaps run low; treatment records in the same folder remove this limit.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from popmargin.gather.record import Record

_UNIT = ("patient_id", "course", "plan")
_SERIES = ("timing", "surrogate", "modality")
# How the assumption begins that fractions are counted images.
BY_ORDER: Final = "fractions are numbered in the order of their dates"
FractionsByDay = Mapping[tuple[str, date], str]


def number_fractions(
    records: Iterable[Record], gap_hours: float | None, known: FractionsByDay
) -> set[str]:
    """Give every dated record without a fraction one; returns the assumptions that were made.

    Parameters: ``records`` are changed in place; ``gap_hours`` images further apart start another
    fraction (a day each where ``None``); ``known`` fractions by patient and day.
    """
    units: dict[tuple[Any, ...], list[Record]] = defaultdict(list)
    for record in records:
        if not record.reason and "fraction" not in record.values and _when(record):
            units[tuple(record.values.get(name) for name in _UNIT)].append(record)
    assumed = set()
    for members in units.values():
        keys = [(str(r.values.get("patient_id")), _when(r).date()) for r in members]  # type: ignore[union-attr]
        days = {key: known.get(key) for key in keys}
        # A counter that restarts with a plan would put two days into one fraction.
        told_apart = None not in days.values() and len(set(days.values())) == len(days)
        if gap_hours is None and told_apart:
            for record, key in zip(members, keys, strict=True):
                record.values["fraction"] = known[key]
            assumed.add("fractions are those of the treatment records of the same day")
            continue
        _number_in_order(members, gap_hours)
        unit = "a day" if gap_hours is None else f"a gap of {gap_hours:g} h"
        assumed.add(f"{BY_ORDER}, one {unit}")
    return assumed


def number_images(records: Iterable[Record]) -> None:
    """Number the images of each fraction by time, then by value; changes ``records`` in place."""
    fractions: dict[tuple[Any, ...], list[tuple[int, Record]]] = defaultdict(list)
    for index, record in enumerate(records):
        if not record.reason and "image" not in record.values:
            key = (*_UNIT, "fraction", *_SERIES)
            fractions[tuple(record.values.get(name) for name in key)].append((index, record))
    for members in fractions.values():
        # Equal times are ordered by value, so that the order of the files never matters.
        members.sort(key=lambda pair: (_when(pair[1]) or datetime.max, _order(pair)))
        for image, (_, record) in enumerate(members, start=1):
            record.values["image"] = image


def _number_in_order(members: list[Record], gap_hours: float | None) -> None:
    members.sort(key=lambda record: _when(record) or datetime.max)
    fraction, last = 0, datetime.min
    for record in members:
        when = _when(record) or datetime.max
        apart = when.date() != last.date() if gap_hours is None else False
        if gap_hours is not None:
            apart = fraction == 0 or when - last > timedelta(hours=gap_hours)
        fraction += int(apart)
        record.values["fraction"] = str(fraction)
        last = when


def _order(pair: tuple[int, Record]) -> tuple[int, str, int]:
    index, record = pair
    timed = _when(record) is not None
    shown = repr(sorted((name, repr(value)) for name, value in record.values.items()))
    return (record.order, shown if timed else "", index)


def _when(record: Record) -> datetime | None:
    found = record.values.get("acquired_at")
    return found if isinstance(found, datetime) else None
