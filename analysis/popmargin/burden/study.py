"""The burden of every protocol and modality for every group of a study, as tables of rows.

Assumptions and limits: those of the modules that this one puts together: the replay of the
protocols, the records and their status, the evaluation of the strategies.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import polars as pl

from popmargin.burden.acceptability import acceptability_rows
from popmargin.burden.break_even import break_even_rows
from popmargin.burden.burden_rows import burden_rows
from popmargin.burden.cheers import cheers_rows, record_rows
from popmargin.burden.comparison import Comparison, withhold
from popmargin.burden.indications import imaging_indications
from popmargin.burden.organ_dose import organ_dose_rows
from popmargin.burden.question import BurdenQuestion
from popmargin.burden.response import OrganResponse
from popmargin.burden.sensitivity import sensitivity_rows
from popmargin.burden.strategies import ReplayOptions, replay_strategies
from popmargin.burden.threshold_rows import threshold_rows
from popmargin.burden.verdict import NOT_THE_TARGET, describe_frontier
from popmargin.core.exceptions import NotEstimable, RefusedInput
from popmargin.core.flags import Flag, one_per_code
from popmargin.protocols.courses import courses_from_shifts
from popmargin.protocols.in_force import why_not_replayed

Rows = list[dict[str, Any]]
# The replay remarks on every estimate; here only what changes what can be compared.
_KEPT_REMARKS: Final = ("not_estimable", "log_too_short", "incomplete_rows", "residual_excluded")


@dataclass(frozen=True, slots=True)
class Burden:
    """Result tables by the name of their contract, the sentences on the frontiers, the flags."""

    tables: Mapping[str, Rows]
    sentences: tuple[str, ...]
    flags: tuple[Flag, ...]


def estimate_burden(
    selected: pl.DataFrame,
    question: BurdenQuestion,
    *,
    options: ReplayOptions | None = None,
    stated: Mapping[str, str] | None = None,
    responses: Mapping[str, OrganResponse] | None = None,
    withheld: bool = False,
) -> Burden:
    """Time, cost, dose and margin of every protocol with every modality, group by group.

    Parameters
    ----------
    selected : chosen images of uncorrected or carried errors, with a column ``group``.
    question : what the study asks; options : of replay and margin; level and seed are the
        question's.
    stated : title, perspective, time_horizon and setting for the checklist.
    responses : of an organ at risk to the margin, by group, where the study has them.
    withheld : whether a blocking flag withholds the margins.

    Returns
    -------
    Burden
        Tables ``burden``, ``burden_sensitivity``, ``burden_acceptability``,
        ``burden_break_even``, ``burden_thresholds``, ``burden_records``, ``imaging_organ_doses``,
        ``imaging_indications``, ``cheers_items``.
        A group whose errors cannot be replayed has no row; a flag says why.

    Raises
    ------
    RefusedInput
        When a region or situation names a group that the study does not have.
    """
    groups = selected["group"].unique(maintain_order=True).to_list()
    _check_groups(question, groups)
    chosen = replace(options or ReplayOptions(), level=question.level, seed=question.seed)
    comparisons, flags = [], []
    for group in groups:
        try:
            rows_of_group = selected.filter(pl.col("group") == group)
            lost = why_not_replayed(rows_of_group, chosen.in_use)
            if lost:
                raise NotEstimable(lost)
            courses = courses_from_shifts(rows_of_group)
        except (RefusedInput, NotEstimable) as refusal:
            flags.append(Flag("burden_not_estimable", "warn", f"group {group}: {refusal}"))
            continue
        strategies, remarks = replay_strategies(
            courses,
            question.protocols,
            question.modalities,
            question.records,
            fractions=question.fractions,
            options=chosen,
        )
        flags += [
            replace(flag, message=f"group {group}: {flag.message}")
            for flag in remarks
            if flag.code in _KEPT_REMARKS
        ]
        comparison = Comparison(group, question, tuple(strategies), (responses or {}).get(group))
        comparisons.append(withhold(comparison) if withheld else comparison)
    rows = [row for comparison in comparisons for row in burden_rows(comparison)]
    sentences = describe_frontier(rows)
    organ_doses = [row for comparison in comparisons for row in organ_dose_rows(comparison)]
    tables = {
        "burden": rows,
        "burden_sensitivity": [r for c in comparisons for r in sensitivity_rows(c)],
        "burden_acceptability": [r for c in comparisons for r in acceptability_rows(c)],
        "burden_break_even": [r for c in comparisons for r in break_even_rows(c)],
        "burden_thresholds": [r for c in comparisons for r in threshold_rows(c)],
        "imaging_organ_doses": organ_doses,
        "burden_records": record_rows(question),
        "imaging_indications": imaging_indications(rows, question.situations, question.sites),
        "cheers_items": cheers_rows(question, rows, sentences, stated or {}),
    }
    return Burden(
        tables,
        tuple(sentences),
        tuple(one_per_code([*flags, *_remarks(rows), *_organ_remarks(organ_doses)])),
    )


def _check_groups(question: BurdenQuestion, groups: list[str]) -> None:
    for name in ("regions", "sites", "situations"):
        for group in getattr(question, name):
            if group not in groups:
                raise RefusedInput(
                    f"burden.{name}.{group}",
                    f"a group of the study ({', '.join(groups)})",
                    "none of that name",
                    "correct the label",
                )


def _remarks(rows: Rows) -> list[Flag]:
    """What the reader of the rows must know."""
    flags = []
    for row in rows:
        if row["surrogate"] in NOT_THE_TARGET:
            message = (
                f"{row['modality']} is matched on {row['surrogate']}: its margin leaves out how "
                "the target moves against that; compare it with soft tissue or markers only where "
                "the target does not"
            )
            flags.append(Flag("surrogate_is_not_target", "warn", message))
        name = f"{row['group']}, {row['protocol']} with {row['modality']}"
        if row["rests_on"]:
            keys = row["rests_on"].split(", ")
            message = (
                f"{name}: the comparison rests on {len(keys)} inputs that are defaults, not "
                f"validated ({keys[0]} and others, see rests_on in burden)"
            )
            flags.append(Flag("default_not_validated", "warn", message))
        if row["cost_per_course"] is None and row["modality"] != "none":
            message = f"{name}: {row['reason']}"
            flags.append(Flag("cost_not_estimable", "info", message))
        error, cost = row["cost_monte_carlo_error"], row["cost_per_course"]
        if error and cost and error > 0.02 * cost:
            message = f"{name}: Monte Carlo error of the cost is above 2 % of it: take more draws"
            flags.append(Flag("too_few_draws", "warn", message))
    return flags


def _organ_remarks(rows: Rows) -> list[Flag]:
    """Doses of organs, and of all imaged ones together, that a plan must account for."""
    return [
        Flag(
            "imaging_dose_above_limit",
            "warn",
            f"{row['group']}, {row['protocol']} with {row['modality']}: imaging dose to "
            f"{row['organ']} is {row['prescription_share_percent']:.1f} % of the prescription, "
            "above 5 %: account for it in the plan (AAPM TG-180)",
        )
        for row in rows
        if row["above_limit"] == "yes"
    ]
