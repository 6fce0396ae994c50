"""Which centres may join a trial, and what a run-in of each would show.

Assumptions: the margin that a centre's own errors ask for is held against the trial's margin, by
the recipe in use (`popmargin.margins.centre_margin`); run-in figures come from the errors of the
trial's group, taken as known, and the linear recipe 2.5 Sigma + 0.7 sigma.

Limits: those of both; a centre is judged by the errors in its logs and by nothing else.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from popmargin.core.axes import TRANSLATIONS
from popmargin.core.exceptions import OutOfRange
from popmargin.errors.population import axis_data, estimate_population_errors
from popmargin.errors.units import summarise_units
from popmargin.margins.centre_margin import judge_centre_margin
from popmargin.margins.recipe import Recipe
from popmargin.trials.precision import precision, precision_of_design

Row = dict[str, Any]
WANTED: Final = 0.2


def judge_trial_centres(
    selected: pl.DataFrame,
    margin_mm: Mapping[str, float] | None,
    recipe: Recipe,
    *,
    group: str,
    choice: Mapping[str, Any],
    estimating: Mapping[str, Any],
    judging: Mapping[str, Any],
) -> list[Row]:
    """Rows of contract ``trial_credentials``: every centre and axis of the trial's group.

    Parameters
    ----------
    selected : chosen images with ``group`` and, where stated, ``centre``.
    margin_mm : the trial's margin by axis, > 0; None: nothing to judge against.
    recipe : that the centres' errors go into.
    group : the trial's.
    choice : ``timing`` and ``surrogate`` of the images.
    estimating, judging : of `estimate_population_errors` and `judge_centre_margin`.

    Returns
    -------
    No rows where no centre is stated, or the trial has no margin.

    Examples
    --------
    >>> from popmargin.margins.registry import find_recipe
    >>> judge_trial_centres(pl.DataFrame({"group": ["a"]}), {"lr": 5.0}, find_recipe("stroom"),
    ...     group="a", choice={}, estimating={}, judging={})
    []
    """
    if margin_mm is None or "centre" not in selected.columns:
        return []
    rows = []
    members = selected.filter(pl.col("group") == group).drop_nulls("centre").drop("group")
    for centre in sorted(members["centre"].unique().to_list()):
        units = summarise_units(members.filter(pl.col("centre") == centre), **choice)
        estimates, _ = estimate_population_errors(axis_data(units), **estimating)
        judged = judge_centre_margin(estimates, margin_mm, recipe, centre=centre, **judging)
        rows += [{**row, "group": group} for row in judged]
    return rows


def plan_run_in(
    population_errors: Sequence[Mapping[str, Any]], trial: Mapping[str, Any]
) -> list[Row]:
    """Rows of contract ``trial_run_in``: what the logs of so many patients of a centre would show.

    Parameters
    ----------
    population_errors : rows of that contract; the first estimator of the trial's group counts.
    trial : the config's ``trial``: ``group``, ``run_in_patients``, ``run_in_fractions``.

    Examples
    --------
    >>> error = {"group": "a", "axis": "lr", "estimator": "anova", "systematic_sd_mm": 2.0,
    ...     "random_sd_mm": 2.0}
    >>> trial = {"group": "a", "run_in_patients": 20, "run_in_fractions": 10}
    >>> row = plan_run_in([error], trial)[0]
    >>> row["patients_for_precision"], round(row["systematic_sd_half_width"], 2)
    (60, 0.35)
    """
    mine = [row for row in population_errors if row["group"] == trial["group"]]
    rows = []
    for row in mine:
        if row["estimator"] != mine[0]["estimator"] or row["axis"] not in TRANSLATIONS:
            continue
        base: Row = {"group": row["group"], "axis": row["axis"],
                     "patients": trial["run_in_patients"],
                     "fractions": trial["run_in_fractions"]}  # fmt: skip
        systematic, random = row["systematic_sd_mm"], row["random_sd_mm"]
        try:
            found = precision_of_design(
                systematic, random, fractions=base["fractions"], patients=base["patients"]
            )
            size = precision(systematic, random, fractions=base["fractions"], half_width=WANTED)
        except (OutOfRange, TypeError):
            rows.append(base | {"reason": "not estimable: no systematic error to plan with"})
            continue
        names = ("systematic_sd_mm", "random_sd_mm", "systematic_sd_half_width",
                 "random_sd_half_width", "margin_mm", "margin_half_width_mm")  # fmt: skip
        rows.append(
            base | {name: getattr(found, name) for name in names}
            | {"wanted_half_width": WANTED, "patients_for_precision": size.patients}
        )  # fmt: skip
    return rows
