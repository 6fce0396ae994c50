"""Look for every silent fault in every group: flags, the rows behind them, the margin without.

Assumptions and limits: those of each look (`popmargin.quality.registry`). Groups are looked at one
by one, as margins are computed. Of very long tables every so many patients are looked at.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import polars as pl

from popmargin.core.axes import TRANSLATIONS
from popmargin.core.flags import Flag
from popmargin.errors.meaning import describe_error
from popmargin.errors.select import filter_rows, group_label
from popmargin.margins.margin_interval import MarginInterval
from popmargin.margins.registry import find_recipe
from popmargin.quality.effect import MarginMethod, margins_with_and_without
from popmargin.quality.finding import Finding
from popmargin.quality.registry import FINDERS
from popmargin.quality.rows import PositionRows, position_rows
from popmargin.quality.thresholds import Thresholds

MOST_ROWS: Final = 300_000
# After correction everything is near zero by intent.
_BEFORE_CORRECTION: Final = frozenset({"mixed_timing", "selective_logging"})
_MADE_BY_PROTOCOLS: Final = frozenset({"mixed_timing", "change_of_reference"})
DEFAULT_METHOD: Final = MarginMethod(find_recipe("van_herk_linear"), {})


@dataclass(frozen=True, slots=True)
class QualityReport:
    """What was found.

    Attributes
    ----------
    flags : one for each fault and group.
    rows : contract ``quality_flags``: one for each fault, group and axis, with the margins.
    suspects : contract ``quality_rows``: the rows of the table that raise each flag.
    """

    flags: tuple[Flag, ...]
    rows: tuple[dict[str, Any], ...]
    suspects: tuple[dict[str, Any], ...]


def find_quality_faults(
    shifts: pl.LazyFrame | pl.DataFrame,
    *,
    group_by: Sequence[str] = (),
    timing: str = "before_correction",
    surrogate: str | None = None,
    thresholds: Thresholds | None = None,
    method: MarginMethod = DEFAULT_METHOD,
    protocol_in_force: bool = False,
) -> QualityReport:
    """Every fault that the rows of one timing and surrogate show.

    Parameters
    ----------
    shifts : canonical shifts in mm, all images, before one of each fraction is chosen.
    group_by, timing, surrogate : as in `popmargin.errors.select.filter_rows`.
    thresholds : from when on a finding is a flag; the default ones where None.
    method : how the margins with and without each fault are computed.
    protocol_in_force : a correction protocol was in force, as carried corrections in the rows also
        say: it moves positions towards zero within the course, so signs of that only warn.

    Raises
    ------
    RefusedInput
        When a group column or the surrogate does not exist.

    Examples
    --------
    >>> shifts = pl.DataFrame({"patient_id": ["001", "1"], "fraction": [1, 1], "ap_mm": [1.0, 2.0]})
    >>> [flag.code for flag in find_quality_faults(shifts).flags]
    ['split_ids']
    """
    limits = thresholds or Thresholds()
    names = list(dict.fromkeys(group_by))
    chosen = filter_rows(shifts.lazy(), timing=timing, surrogate=surrogate, group_by=names)
    frame, sampling = _within_reach(chosen.with_columns(group_label(names)))
    flags: list[Flag] = list(sampling)
    rows: list[dict[str, Any]] = []
    suspects: list[dict[str, Any]] = []
    parts = frame.partition_by([*names, "group"] if names else ["group"], as_dict=True)
    for _, members in sorted(parts.items(), key=lambda item: tuple(map(str, item[0]))):
        columns = {name: members[name][0] for name in names} | {"group": members["group"][0]}
        positions = position_rows(members)
        moved = protocol_in_force or _carries(members)
        for code, find in FINDERS.items():
            if timing != "before_correction" and code in _BEFORE_CORRECTION:
                continue
            finding = find(positions, limits)
            if finding is None:
                continue
            if moved and code in _MADE_BY_PROTOCOLS and finding.severity == "block":
                finding = replace(finding, severity="warn")
            found = _axis_rows(positions, finding, method)
            rows += [{**columns, **row} for row in found]
            suspects += _suspect_rows(members, positions, finding, columns)
            flags.append(_flag(str(columns["group"]), positions, finding, found))
    return QualityReport(tuple(flags), tuple(rows), tuple(suspects))


def find_in_every_analysis(
    shifts: pl.LazyFrame | pl.DataFrame, *, thresholds: Thresholds | None = None
) -> tuple[Flag, ...]:
    """Flags of every timing and surrogate that the rows have, each looked at by itself.

    Parameters: as `find_quality_faults`, without groups.

    >>> shifts = pl.DataFrame({"patient_id": ["a"], "fraction": [1], "ap_mm": [1.0]})
    >>> find_in_every_analysis(shifts)
    ()
    """
    frame = shifts.lazy()
    there = [name for name in ("timing", "surrogate") if name in frame.collect_schema()]
    kinds = frame.select(there).unique().sort(there).collect().to_dicts() if there else [{}]
    found: list[Flag] = []
    for kind in kinds:
        timing = kind.get("timing") or "before_correction"
        surrogate = kind.get("surrogate")
        rows = frame
        if "surrogate" in there and surrogate is None:
            rows = frame.filter(pl.col("surrogate").is_null())
        flags = find_quality_faults(
            rows, timing=timing, surrogate=surrogate, thresholds=thresholds
        ).flags
        words = describe_error(timing, surrogate)
        found += [
            replace(flag, message=f"{words}: {flag.message}") if len(kinds) > 1 else flag
            for flag in flags
        ]
    return tuple(found)


def _carries(members: pl.DataFrame) -> bool:
    """Whether any row states a correction that was already in force."""
    carried = [name for name in members.columns if name.startswith("carried_")]
    return any(bool((members[name].fill_null(0.0) != 0.0).any()) for name in carried)


def _within_reach(chosen: pl.LazyFrame) -> tuple[pl.DataFrame, list[Flag]]:
    """All rows, or those of every so many patients of a very long table."""
    count = int(chosen.select(pl.len()).collect(engine="streaming").item())
    if count <= MOST_ROWS:
        return chosen.collect(), []
    step = -(-count // MOST_ROWS)
    ids = chosen.select(pl.col("patient_id").unique().sort()).collect(engine="streaming")
    kept = ids["patient_id"].gather_every(step)
    message = (
        f"quality flags look at {kept.len()} of {ids.height} patients (every {step}th id): the "
        f"table has {count} rows"
    )
    part = chosen.filter(pl.col("patient_id").is_in(kept.implode())).collect(engine="streaming")
    return part, [Flag("quality_sampled", "info", message, patients=kept.len())]


def _axis_rows(
    positions: PositionRows, finding: Finding, method: MarginMethod
) -> list[dict[str, Any]]:
    """One row for each measured axis: who raises the flag, and the margins."""
    rows = []
    for axis in np.flatnonzero(positions.measured):
        present, repaired = margins_with_and_without(positions, finding, int(axis), method)
        known = present is not None and repaired is not None
        reason = None if known else "what the rows were without the fault cannot be known"
        rows.append(
            {
                "code": finding.code,
                "severity": finding.severity,
                "axis": TRANSLATIONS[axis],
                "n_patients": finding.patients(positions),
                "n_rows": int(finding.suspects.sum()),
                "share_of_rows": float(finding.suspects.mean()),
                "recipe": method.recipe.name,
                **_margin_part("margin_with", present),
                **_margin_part("margin_without", repaired),
                "effect_mm": present.margin_mm - repaired.margin_mm
                if present is not None and repaired is not None
                else None,
                "confidence_level": method.confidence_level,
                "reason": reason,
            }
        )
    return rows


def _margin_part(name: str, margin: MarginInterval | None) -> dict[str, float | None]:
    return {
        f"{name}_mm": None if margin is None else margin.margin_mm,
        f"{name}_low_mm": None if margin is None else margin.low_mm,
        f"{name}_high_mm": None if margin is None else margin.high_mm,
    }


def _suspect_rows(
    members: pl.DataFrame,
    positions: PositionRows,
    finding: Finding,
    columns: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """Where the rows stand that raise a flag, in the order of the table."""
    places = np.sort(positions.index[finding.suspects])
    there = [n for n in ("patient_id", "source", "source_row") if n in members.columns]
    return [
        {**columns, "code": finding.code, "source": None, "source_row": None, **row}
        for row in members[places].select(there).iter_rows(named=True)
    ]


def _flag(
    group: str, positions: PositionRows, finding: Finding, rows: Sequence[Mapping[str, Any]]
) -> Flag:
    known = [row for row in rows if row["effect_mm"] is not None]
    message = f"group {group}: {finding.message}"
    effect = None
    if known:
        worst = max(known, key=lambda row: abs(row["effect_mm"]))
        effect = float(worst["effect_mm"])
        message += (
            f" ({worst['recipe']} on {worst['axis']}: {worst['margin_with_mm']:.1f} mm, without "
            f"the fault about {worst['margin_without_mm']:.1f} mm)"
        )
    return Flag(
        finding.code,
        finding.severity,
        message,
        patients=finding.patients(positions),
        effect_mm=effect,
    )
