"""Triggers of a site's own: checked as they are stated, and put beside those that are shipped.

Assumptions: a trigger says what it looks at, from when on it calls, and what is then done; where
its threshold comes from is the site's word (column ``source``). Limits: nothing tells whether a
threshold is a good one but its replay on the logs.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from popmargin.adaptive.triggers import CHANGES, DIRECTIONS, LEVELS, Trigger
from popmargin.core.exceptions import OutOfRange, WrongUsage

STATED: Final = "stated by the site"
_NEEDED: Final = ("trigger", "quantity", "threshold", "unit", "action", "source")
_DEFAULTS: Final = {
    "site": "any", "structure": None, "change": "percent", "direction": "either",
    "level": "orange",
}  # fmt: skip


def own_triggers(
    stated: Sequence[Mapping[str, Any]], known: Sequence[Trigger] = ()
) -> list[dict[str, Any]]:
    """Complete triggers from what a site states.

    Parameters
    ----------
    stated : ``trigger`` (its name), ``quantity``, ``threshold`` > 0, ``unit``, ``action`` and
        ``source``; ``structure`` (any where absent), ``site`` (any), ``change`` (``percent`` from
        planning, ``absolute`` or ``value``), ``direction`` (``loss``, ``gain``, ``either``),
        ``level`` (``red``, ``orange``, ``yellow``).
    known : triggers whose names are taken.

    Raises
    ------
    WrongUsage
        A key that is missing, unknown, or has a word that is none of its choices; a name twice.
    OutOfRange
        A threshold that is no number above 0.

    Examples
    --------
    >>> own_triggers([{"trigger": "mask_gap", "structure": "mask", "quantity": "skin_gap",
    ...     "change": "absolute", "direction": "gain", "threshold": 8, "unit": "mm",
    ...     "action": "new mask", "source": "local protocol 3"}])[0]["status"]
    'stated by the site'
    """
    taken = {str(trigger["trigger"]) for trigger in known}
    found: list[dict[str, Any]] = []
    for place, entry in enumerate(stated):
        where = f"own trigger {place + 1}"
        given = {key: value for key, value in entry.items() if value not in (None, "")}
        unknown = sorted(set(given) - set(_NEEDED) - set(_DEFAULTS) - {"status"})
        if unknown:
            known_keys = ", ".join([*_NEEDED, *_DEFAULTS])
            raise WrongUsage(f"{where}: no key {unknown[0]!r}; there are {known_keys}")
        for key in _NEEDED:
            if key not in given:
                raise WrongUsage(f"{where}: expected the key {key}, found none")
        trigger = {**_DEFAULTS, **given, "status": STATED}
        _check(where, trigger)
        if trigger["trigger"] in taken:
            raise WrongUsage(f"{where}: the name {trigger['trigger']!r} is taken; choose another")
        taken.add(str(trigger["trigger"]))
        found.append({**trigger, "threshold": float(trigger["threshold"])})
    return found


def _check(where: str, trigger: Mapping[str, Any]) -> None:
    for key, choices in (("change", CHANGES), ("direction", DIRECTIONS), ("level", LEVELS)):
        if trigger[key] not in choices:
            found = f"found {trigger[key]!r}"
            raise WrongUsage(f"{where}, {key}: expected one of {', '.join(choices)}, {found}")
    try:
        threshold = float(trigger["threshold"])
    except (TypeError, ValueError):
        threshold = math.nan
    if not (math.isfinite(threshold) and threshold > 0.0):
        raise OutOfRange(f"{where}, threshold", "a number > 0", trigger["threshold"])
    if trigger["change"] == "percent" and trigger["unit"] != "%":
        raise WrongUsage(f"{where}, unit: expected % with change percent, found {trigger['unit']}")
    if trigger["change"] != "percent" and trigger["unit"] == "%":
        raise WrongUsage(f"{where}, unit: % goes with change percent, found {trigger['change']}")


def read_triggers(path: str) -> list[dict[str, Any]]:
    """Rows of a CSV of triggers, as `own_triggers` takes them.

    Raises `WrongUsage` for a file that cannot be read as one.
    """
    import polars as pl

    try:
        return pl.read_csv(path, infer_schema=False).to_dicts()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise WrongUsage(f"triggers: {path} is no CSV of triggers ({error})") from None
