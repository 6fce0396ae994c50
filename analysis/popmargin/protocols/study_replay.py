"""Protocols replayed on every group of a study: what each would leave, cover and take.

Assumptions and limits: those of `popmargin.protocols.replay`, `popmargin.protocols.in_force` and
`popmargin.protocols.protocol_coverage`; every group is a population of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, Final

import polars as pl

from popmargin.core.axes import TRANSLATIONS, axis_column
from popmargin.core.exceptions import RefusedInput
from popmargin.core.flags import Flag
from popmargin.errors.quantity import Estimator, RandomEstimator
from popmargin.margins.coverage_question import CoverageQuestion
from popmargin.margins.recipe import Recipe
from popmargin.protocols.courses import courses_from_shifts
from popmargin.protocols.in_force import carried_rows, why_not_replayed
from popmargin.protocols.protocol import Protocol
from popmargin.protocols.protocol_coverage import protocol_coverage
from popmargin.protocols.replayed import PHASES, replay_each
from popmargin.protocols.replayed_rows import REPLAY_SCHEMA, replayed_rows

Row = dict[str, Any]
_AXES: Final = [axis_column(axis) for axis in TRANSLATIONS]


@dataclass(frozen=True, slots=True)
class ReplayPlan:
    """What a study replays, and how it is estimated.

    Attributes
    ----------
    protocols : at least one.  in_use : the one in force when the errors were logged, if stated.
    groups : labels of the groups to replay on; all where empty.
    residual_sd_mm : what an online correction leaves where a protocol states nothing, mm.
    minutes : of an image and of a correction of the couch, where both are stated.
    recipes, recipe_options, fractions : as in `popmargin.protocols.replay.replay_protocols`.
    question : what coverage is asked for, ``None`` where no target is stated.
    estimator, random, level, seed : as in `popmargin.errors.population`.
    withheld : a blocking flag stands, and no margin is given.
    """

    protocols: Sequence[Protocol]
    in_use: Protocol | None
    groups: Sequence[str]
    residual_sd_mm: float
    minutes: tuple[float, float] | None
    recipes: Sequence[Recipe]
    recipe_options: Mapping[str, float]
    fractions: int | None
    question: CoverageQuestion | None
    estimator: Estimator
    random: RandomEstimator
    level: float
    seed: int
    withheld: bool


@dataclass(slots=True)
class StudyReplay:
    """Rows of contracts ``replayed_errors`` and ``protocol_coverage``, flags, and what was used.

    ``used``, ``added_back`` (those of them whose carried correction was added back),
    ``incomplete``, ``elsewhere`` (of groups that are not replayed) and ``lost`` (uncorrected error
    not known) count logged rows; together, without ``added_back``, they are all that were logged.
    """

    rows: list[Row] = field(default_factory=list)
    coverage: list[Row] = field(default_factory=list)
    flags: list[Flag] = field(default_factory=list)
    used: int = 0
    added_back: int = 0
    incomplete: int = 0
    elsewhere: int = 0
    lost: int = 0


def replay_study(
    selected: pl.DataFrame,
    plan: ReplayPlan,
    *,
    group_by: Sequence[str] = (),
    filling: pl.DataFrame | None = None,
) -> StudyReplay:
    """Replay the protocols of a plan on every group.

    Parameters
    ----------
    selected : one row per group, unit and fraction (images before correction), with ``group``.
    plan : what is replayed.
    group_by : the group columns, kept in every row.
    filling : from `popmargin.protocols.filling.filling_of_fractions`, where a protocol needs it.

    Raises
    ------
    RefusedInput
        When the plan names a group that there is not.
    """
    # The values of the group columns tell groups apart, not the label: two could read the same.
    keys = list(group_by) or ["group"]
    parts = sorted(
        selected.partition_by(keys, maintain_order=True), key=lambda part: str(part["group"][0])
    )
    labels = [str(part["group"][0]) for part in parts]
    unknown = [label for label in plan.groups if label not in labels]
    if unknown:
        raise RefusedInput(
            "replay, groups", f"labels of groups ({', '.join(labels)})", ascii(unknown[0]),
            "name groups as the report does, or none for all",
        )  # fmt: skip
    found = StudyReplay()
    if plan.in_use is None and not carried_rows(selected):
        message = (
            "the config does not state the protocol in use: the replay takes the logged errors "
            "for uncorrected; state protocol_in_use"
        )
        found.flags.append(Flag("protocol_in_use_not_stated", "warn", message))
    for label, rows in zip(labels, parts, strict=True):
        if plan.groups and label not in plan.groups:
            found.elsewhere += rows.height
            continue
        columns = {name: rows[name][0] for name in group_by}
        _replay_group(found, label, columns, rows, plan, filling)
    found.flags = list(dict.fromkeys(found.flags))
    return found


def _replay_group(
    found: StudyReplay,
    label: str,
    columns: Mapping[str, str | None],
    rows: pl.DataFrame,
    plan: ReplayPlan,
    filling: pl.DataFrame | None,
) -> None:
    """Add what one group gives."""
    reason = why_not_replayed(rows, plan.in_use)
    if reason:
        found.lost += rows.height
        _refuse(found, label, columns, plan, reason)
        return
    measured = set(_AXES) <= set(rows.columns)
    complete = rows.drop_nulls(_AXES) if measured else rows.clear()
    found.incomplete += rows.height - complete.height
    if complete.is_empty():
        reason = "no fraction has all three axes measured: a protocol acts on all axes"
        _refuse(found, label, columns, plan, reason)
        return
    found.used += complete.height
    found.added_back += carried_rows(complete)
    courses = courses_from_shifts(rows, filling=filling)
    each = list(
        replay_each(
            courses,
            plan.protocols,
            residual_sd_mm=plan.residual_sd_mm,
            estimator=plan.estimator,
            random=plan.random,
            level=plan.level,
            seed=plan.seed,
            keep_errors=plan.question is not None,
        )
    )
    # What single rows are remarked for is what the errors of the study are remarked for already.
    frame, flags, _ = replayed_rows(
        courses,
        each,
        plan.recipes,
        recipe_options=plan.recipe_options,
        estimator=plan.estimator,
        fractions=plan.fractions,
        minutes=plan.minutes,
        seed=plan.seed,
        withheld=plan.withheld,
    )
    found.rows += [{**columns, "group": label, **row} for row in frame.to_dicts()]
    found.flags += [_of_group(flag, label) for flag in flags]
    if plan.question is not None:
        for done in each:
            rows_of = protocol_coverage(
                done, courses, plan.question, group=label, withheld=plan.withheld
            )
            found.coverage += [{**columns, **row} for row in rows_of]


def _of_group(flag: Flag, label: str) -> Flag:
    """The flag with its group, unless it says the same of every group."""
    if flag.code in ("residual_excluded", "interval_wide"):
        return flag
    return replace(flag, message=f"group {label}: {flag.message}")


def _refuse(
    found: StudyReplay,
    label: str,
    columns: Mapping[str, str | None],
    plan: ReplayPlan,
    reason: str,
) -> None:
    """Rows without numbers and a flag for a group that is not replayed."""
    found.flags.append(Flag("not_replayed", "warn", f"group {label}: {reason}"))
    found.rows += [
        {
            **dict.fromkeys(REPLAY_SCHEMA),
            **columns,
            "group": label,
            "protocol": protocol.text,
            "phase": phase,
            "axis": axis,
            "recipe": recipe.name,
            "reason": f"not estimable: {reason}",
        }
        for protocol, phase, axis, recipe in product(
            plan.protocols, PHASES, TRANSLATIONS, plan.recipes
        )
    ]
