"""The plan and the account of a study's replay, between its config and its results."""

import math
from collections.abc import Mapping
from typing import Any

import polars as pl

from popmargin.margins.coverage_question import coverage_question, recipe_options
from popmargin.margins.registry import find_recipe
from popmargin.pipeline.account import ALL_SOURCES
from popmargin.protocols.parse import parse_protocol
from popmargin.protocols.replay import minutes_each
from popmargin.protocols.study_replay import ReplayPlan, StudyReplay
from popmargin.tables.ledger import LEDGER_SCHEMA


def replay_plan(
    replay: Mapping[str, Any],
    *,
    in_use: str | None,
    margins: Mapping[str, Any],
    target: Mapping[str, Any],
    present: Mapping[str, float] | None,
    estimating: Mapping[str, Any],
    withheld: bool,
) -> ReplayPlan:
    """What a config asks to be replayed.

    Parameters: the config's ``replay``, ``protocol_in_use``, ``margins``, ``target`` and
    ``present_margin_mm``; ``estimator``, ``random``, ``confidence_level`` and ``seed``; whether a
    blocking flag stands. Raises `WrongUsage` or `OutOfRange` for what does not exist.
    """
    level, seed = estimating["confidence_level"], estimating["seed"]
    return ReplayPlan(
        protocols=[parse_protocol(text) for text in replay["protocols"]],
        in_use=None if in_use is None else parse_protocol(in_use),
        groups=replay["groups"],
        # Matching and couch are independent: variances add.
        residual_sd_mm=math.hypot(replay["registration_sd_mm"], replay["couch_sd_mm"]),
        minutes=minutes_each(replay["minutes_per_image"], replay["minutes_per_correction"]),
        recipes=[find_recipe(name) for name in margins["recipes"]],
        recipe_options=recipe_options(margins),
        fractions=margins["fractions"],
        question=coverage_question(level, seed, margins=margins, target=target, present=present),
        estimator=estimating["estimator"],
        random=estimating["random"],
        level=level,
        seed=seed,
        withheld=withheld,
    )


def replay_lines(found: StudyReplay) -> pl.DataFrame:
    """Ledger lines of a replay: every logged fraction is used or set aside.

    >>> replay_lines(StudyReplay(used=5, added_back=2, lost=3))["rows"].to_list()
    [3, 2, 3]
    """
    lines = [
        ("used", "", found.used - found.added_back, "fractions that protocols are replayed on"),
        (
            "used",
            "correction_added_back",
            found.added_back,
            "fractions whose carried correction was added back",
        ),
        (
            "set_aside",
            "incomplete_axes",
            found.incomplete,
            "fractions with an axis that was not measured: a protocol acts on all axes",
        ),
        (
            "set_aside",
            "correction_not_known",
            found.lost,
            "fractions imaged under a correction in force that was not logged",
        ),
        ("set_aside", "group_not_replayed", found.elsewhere, "fractions of groups not replayed"),
    ]
    rows = [
        (ALL_SOURCES, "replay", status, reason, None, "", count, message)
        for status, reason, count, message in lines
        if count or not reason
    ]
    return pl.DataFrame(rows, schema=LEDGER_SCHEMA, orient="row")
