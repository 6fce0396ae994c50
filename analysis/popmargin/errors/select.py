"""Choose what is estimated from: one position per unit and fraction, of one timing and surrogate.

Inter-fraction, residual and intra-fraction errors are never mixed: an analysis names its timing.
A *unit* is a patient x course x plan, because a new plan is a new reference. Of several images of
a fraction the first is taken (or the last, or their mean), because later ones follow a correction.
"""

from collections.abc import Sequence
from typing import Literal

import polars as pl

from popmargin.core.axes import AXES, axis_column
from popmargin.core.exceptions import RefusedInput

ImageChoice = Literal["first", "last", "mean"]

UNIT_KEY = ("patient_id", "course", "plan")
# Names of result columns, which a group column cannot have at the same time (a contract's further
# columns carry their unit, which no group column has reason to).
# fmt: off
RESERVED = frozenset(
    (
        "about_own_line", "analysis", "autocorrelation", "autocorrelation_high",
        "autocorrelation_low", "autocorrelation_p_value", "axes", "axis", "axis_1", "axis_2",
        "called", "chart", "closed_form_coverage", "code", "comparison", "component",
        "confidence_level", "corrections_per_patient", "correlation", "correlation_high",
        "correlation_low", "couch_corrections_per_patient", "coverage", "coverage_high",
        "coverage_low", "coverage_standard_error", "covers", "dose", "dose_level", "estimator",
        "expectation", "fraction", "fractions", "group_1", "group_2", "group_mean_p_value",
        "group_mean_p_value_holm", "images_per_patient", "kind", "level", "logged_coverage",
        "margin_p_value", "margin_p_value_holm", "match_sd_given", "mean", "median_fractions",
        "method", "minutes_longest", "minutes_mean", "minutes_per_patient", "model", "n",
        "n_centres", "n_fidgets", "n_fractions", "n_intervals", "n_logged", "n_patients",
        "n_patients_1", "n_patients_2", "n_rows", "n_shared_patients", "n_tests", "n_units",
        "n_units_1", "n_units_2", "organ", "paired", "papers", "part_of",
        "patient_mean_variance_ratio", "phase", "place", "point", "population",
        "postponed_per_patient", "prior_site", "protocol", "quantity",
        "random_sd_disagreement_p_value", "random_sd_literature_patients",
        "random_sd_literature_share", "random_sd_p_value", "random_sd_p_value_holm",
        "random_sd_ratio", "random_sd_ratio_high", "random_sd_ratio_low", "random_share",
        "random_share_high", "random_share_low", "range_percent", "reason", "recipe", "response",
        "rotation_source", "scenario", "sd", "severity", "shape", "share_exceeding",
        "share_exceeding_high", "share_exceeding_low", "share_of_rows", "signal", "source",
        "source_row", "started_from", "started_to", "sum_of_squares",
        "systematic_sd_disagreement_p_value", "systematic_sd_literature_patients",
        "systematic_sd_literature_share", "systematic_sd_p_value", "systematic_sd_p_value_holm",
        "systematic_sd_ratio", "systematic_sd_ratio_high", "systematic_sd_ratio_low",
        "systematic_share", "systematic_share_high", "systematic_share_low", "target", "total",
        "trend_p_value", "trend_sd_p_value", "variance_share", "verdict", "wanted_population",
        "width", "x", "y",
    )
)
# fmt: on
# Every value counts as a whole number of these steps: sums of them are exact.
STEPS_PER_UNIT = 1e9
ALL = "all"
NOT_STATED = "not stated"


def group_label(group_by: Sequence[str]) -> pl.Expr:
    """Label of a row's group: the values of ``group_by`` joined by `` / ``, or ``all``.

    >>> pl.DataFrame({"site": ["lung", None]}).select(group_label(["site"])).to_series().to_list()
    ['lung', 'not stated']
    """
    if not group_by:
        return pl.lit(ALL).alias("group")
    parts = [pl.col(name).fill_null(NOT_STATED) for name in group_by]
    return pl.concat_str(parts, separator=" / ").alias("group")


def unit_key(columns: Sequence[str]) -> list[str]:
    """Columns that identify a unit, as far as the table has them (the others are constant).

    >>> unit_key(["patient_id", "fraction", "plan"])
    ['patient_id', 'plan']
    """
    return [name for name in UNIT_KEY if name in columns]


def row_key(columns: Sequence[str], group_by: Sequence[str]) -> list[str]:
    """Columns that tell the units of every group apart, each once.

    >>> row_key(["patient_id", "plan", "site"], ["site", "plan"])
    ['site', 'plan', 'patient_id']
    """
    return list(dict.fromkeys([*group_by, *unit_key(columns)]))


def steps(column: str) -> pl.Expr:
    """Values of a column as whole numbers of 1e-9 of its unit (a picometre)."""
    return (pl.col(column) * STEPS_PER_UNIT).round().cast(pl.Int64)


def filter_rows(
    shifts: pl.LazyFrame, *, timing: str, surrogate: str | None, group_by: Sequence[str]
) -> pl.LazyFrame:
    """Rows of the wanted timing and surrogate.

    Raises `RefusedInput` when the surrogate column or a group column does not exist, or a group
    column holds no text or has the name of a result column.
    """
    schema = shifts.collect_schema()
    for name in group_by:
        _check_group(name, schema, alone=len(set(group_by)) == 1)
    # A table without the column holds positions before correction (the contract's default).
    if "timing" in schema:
        rows = shifts.filter(pl.col("timing") == timing)
    else:
        rows = shifts if timing == "before_correction" else shifts.filter(pl.lit(value=False))
    if surrogate is None:
        return rows
    if "surrogate" not in schema:
        remedy = "declare surrogate for the source, or leave the choice out"
        raise RefusedInput("shifts", f"rows with surrogate {surrogate}", "no such column", remedy)
    return rows.filter(pl.col("surrogate") == surrogate)


def _check_group(name: str, schema: pl.Schema, *, alone: bool) -> None:
    # A column called group is its own label; beside another it would be overwritten by theirs.
    reserved = RESERVED if alone else RESERVED | {"group"}
    texts = [n for n, dtype in schema.items() if dtype in (pl.String, pl.Categorical, pl.Enum)]
    possible = [n for n in texts if n != "patient_id" and n not in reserved]
    remedy = f"group by one of {', '.join(possible) or 'the text columns (there is none)'}"
    if name not in schema:
        raise RefusedInput("shifts", f"a column {name} to group by", "no such column", remedy)
    if name not in possible:
        found = "the name of a result column" if name in reserved else "numbers or the patient"
        expected = "a text column that says which group a row belongs to"
        raise RefusedInput(f"shifts, column {name}", expected, found, remedy)


def select_images(
    shifts: pl.LazyFrame,
    *,
    timing: str = "before_correction",
    surrogate: str | None = None,
    image: ImageChoice = "first",
    group_by: Sequence[str] = (),
    carry: Sequence[str] = ("centre", "acquired_at"),
) -> pl.LazyFrame:
    """One row per group, unit and fraction with the position on every axis that the table has.

    Parameters
    ----------
    shifts : canonical shifts (errors in mm and degrees), one row per image match.
    timing, surrogate : what is analysed; every surrogate where ``None``.
    image : which image of a fraction counts; its order is the column ``image``, else the time
        ``acquired_at``, else the order of the rows. ``mean`` averages the images on each axis.
    group_by : columns to keep and to build ``group`` from.
    carry : further columns to keep where the table has them (the smallest value of the fraction).

    Raises
    ------
    RefusedInput
        A group column that does not exist or holds no text, or a surrogate that no row has.
    """
    rows = filter_rows(shifts, timing=timing, surrogate=surrogate, group_by=group_by)
    there = rows.collect_schema().names()
    axes = [*_measured(there), *(name for name in there if name.startswith("carried_"))]
    key = [*row_key(there, group_by), "fraction"]
    if image == "mean":
        chosen = [_mean(name).alias(name) for name in axes]
    else:
        order = [name for name in ("image", "acquired_at", "source", "source_row") if name in there]
        rank = pl.struct(order).rank("ordinal") if order else pl.int_range(pl.len())
        place = rank.arg_min() if image == "first" else rank.arg_max()
        chosen = [pl.col(name).get(place) for name in axes]
    chosen += [pl.col(name).min() for name in carry if name in there and name not in key]
    return rows.group_by(key).agg(chosen).with_columns(group_label(group_by))


def _mean(column: str) -> pl.Expr:
    """Mean of the values that are there, null where there is none.

    Summed as whole numbers: no order of the rows changes it.
    """
    count = pl.col(column).count()
    mean = steps(column).sum().cast(pl.Float64) / (count * STEPS_PER_UNIT)
    return pl.when(count > 0).then(mean)


def _measured(names: Sequence[str]) -> list[str]:
    return [axis_column(axis) for axis in AXES if axis_column(axis) in names]
