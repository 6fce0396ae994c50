"""What strategies against breathing are assumed to do: shipped defaults, or the site's own.

Assumptions: the defaults of ``reference/motion_strategies.csv``; most are choices that nobody has
validated, and each carries its status and source into the results. An empty value is measured on
each patient's trace; a value stated by the site takes the place of a default or of what was
measured. Limits: one value stands for all patients.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from popmargin.core.checks import non_negative, positive, share
from popmargin.core.exceptions import OutOfRange, WrongUsage
from popmargin.core.resources import resource_path

Parameters = Mapping[tuple[str, str], float | None]
STATED: Final = "stated by the site"
_SHARES: Final = frozenset({"duty_cycle", "window_share"})
_POSITIVE: Final = frozenset({"cap_mm", "latency_s"})


def strategy_parameter_rows(
    stated: Mapping[str, float | None] | None = None, *, source: str | None = None
) -> list[dict[str, Any]]:
    """Rows of contract ``strategy_parameters``: every parameter with its value and pedigree.

    Parameters
    ----------
    stated : own values by ``<strategy>_<parameter>`` (``compression_cap_mm``); None keeps the
        default.
    source : where the own values come from.

    Raises
    ------
    WrongUsage
        For a name that no strategy has.
    OutOfRange
        For a negative value, a share outside (0, 1], or a cap or latency of nothing.

    Examples
    --------
    >>> rows = strategy_parameter_rows({"compression_cap_mm": 8.0}, source="own fluoroscopy")
    >>> [(r["value"], r["status"]) for r in rows if r["parameter"] == "cap_mm"]
    [(8.0, 'stated by the site')]
    """
    rows = _shipped()
    known = {f"{row['strategy']}_{row['parameter']}": row for row in rows}
    for name, value in (stated or {}).items():
        if name not in known:
            raise WrongUsage(f"no parameter {name!r}; there are {', '.join(known)}")
        row = known[name]
        if value is None or value == row["value"]:
            continue
        _check(name, row["parameter"], value)
        row |= {"value": float(value), "low": None, "high": None, "status": STATED,
                "source": source or "config", "note": "in place of a default"}  # fmt: skip
    return rows


def parameter_values(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], float | None]:
    """Value by strategy and parameter; None where it is measured on each trace.

    >>> parameter_values(strategy_parameter_rows())["breath_hold", "duty_cycle"]
    0.5
    """
    return {(row["strategy"], row["parameter"]): row["value"] for row in rows}


def _shipped() -> list[dict[str, Any]]:
    path = resource_path("reference", "motion_strategies.csv")
    numbers = dict.fromkeys(("low", "value", "high"), pl.Float64)
    return pl.read_csv(path, schema_overrides=numbers).to_dicts()


def _check(name: str, parameter: str, value: float) -> None:
    if parameter == "duty_cycle" and value == 1.0:
        return
    if parameter in _SHARES:
        share(name, value)
    elif parameter in _POSITIVE:
        positive(name, value)
    elif not float(non_negative(name, value)) <= 1e3:
        raise OutOfRange(name, "at most 1000", value)
