"""Section on what the margins really cover."""

import re
from collections.abc import Mapping
from typing import Final

import polars as pl

from popmargin.core.axes import AXIS_LABELS, TRANSLATIONS
from popmargin.reports.columns import Row, made, plain, table_of, text
from popmargin.reports.numbers import DASH, count, number, percent, reason_text, with_interval
from popmargin.reports.section import Cell, Section

_SOLVED: Final = "margin that reaches the wanted share"


def coverage_section(margin_coverage: pl.DataFrame) -> Section:
    """The share of patients that every margin really covers, beside the share that is wanted.

    Parameters: a table after the contract ``margin_coverage``.
    """
    rows = margin_coverage.rows(named=True)
    first = rows[0]
    words = (
        f"Coverage is the share of patients in whom the whole CTV gets at least "
        f"{percent(first['dose_level'])} of the dose, for {target_words(first)}. The share wanted "
        f"is {percent(first['population'])}: where a recipe stays below it, its margin is too "
        "small here, whatever it promises. Only the errors named are counted. The group mean is "
        "taken as corrected; the logged patients still carry it. Intervals carry the uncertainty "
        "of Σ and σ. Beside each recipe stand the margin, equal on all axes, that reaches the "
        "wanted share for the fitted Σ and σ, and the one at which that share of the logged "
        "patients, with their own errors, keeps the dose (unbounded above where they are too few "
        f"to bound it). Errors of the axes: {' or '.join(dict.fromkeys(r['axes'] for r in rows))}."
    )
    enough, logged = (
        {
            (row["group"], row["covers"]): row
            for row in rows
            if row["kind"] == kind and row["recipe"] is None
        }
        for kind in ("solved", "empirical")
    )
    table = table_of(
        "Coverage of margins; margins in mm",
        rows,
        [
            text("Group", "group"),
            text("Margin", _name),
            text("Covers", "covers"),
            *(plain(AXIS_LABELS[axis], f"margin_{axis}_mm") for axis in TRANSLATIONS),
            made("Patients covered", _share, "coverage"),
            made("Logged patients covered", _logged, "logged_coverage"),
            made("Equal margin that would do, mm", lambda row: _enough(row, enough)),
            made("Equal margin for the logged patients, mm", lambda row: _enough(row, logged)),
        ],
        "tables/margin_coverage.csv",
    )
    return Section("coverage", "What the margins really cover", [words], [table])


def coverage_sentence(margin_coverage: pl.DataFrame, group: str, recipe: str) -> str:
    """What the margin of a recipe covers in a group, beside what is wanted; empty where unknown."""
    named = (pl.col("kind") == "recipe") & (pl.col("recipe") == recipe)
    found = margin_coverage.filter(named, pl.col("group") == group).rows(named=True)
    present = margin_coverage.filter(kind="present", group=group).rows(named=True)
    # The last rows hold most errors: those of the data and all components of the budget.
    if not found or found[-1]["coverage"] is None:
        return ""
    row = found[-1]
    text = (
        f"For {target_words(row)}{_counted(row)}, these margins cover {_share(row)} of patients; "
        f"{percent(row['population'])} are wanted."
    )
    if present and present[-1]["coverage"] is not None:
        text += f" The margin in use covers {_share(present[-1])}."
    return text


def target_words(row: Row) -> str:
    """The target and the course in words.

    >>> target_words({"ctv_radius_mm": 30.0, "fractions": 35})
    'a spherical CTV of 30 mm radius and 35 fractions'
    """
    fractions = "many" if row["fractions"] is None else count(row["fractions"])
    return f"a spherical CTV of {row['ctv_radius_mm']:g} mm radius and {fractions} fractions"


def whole_percent(share: float | None) -> str:
    """A share as whole per cent, never 100 % for less than all nor 0 % for more than none.

    >>> whole_percent(0.823), whole_percent(0.9991), whole_percent(None)
    ('82 %', '> 99 %', '–')
    """
    if share is None:
        return DASH
    rounded = round(100.0 * share)
    if rounded == 100 and share < 1.0:
        return "> 99 %"
    return "< 1 %" if rounded == 0 and share > 0.0 else f"{rounded} %"


def covered_text(row: Row) -> str:
    """The share of patients covered with its interval, or why there is none.

    >>> covered_text({"coverage": 0.82, "coverage_low": 0.61, "coverage_high": 0.9991})
    '82 % (61 % to > 99 %)'
    """
    if row["coverage"] is None:
        return reason_text(row["reason"])
    low, high = row["coverage_low"], row["coverage_high"]
    limits = "" if low is None else f" ({whole_percent(low)} to {whole_percent(high)})"
    return f"{whole_percent(row['coverage'])}{limits}"


def _share(row: Row) -> str:
    coverage, error = row["coverage"], row["coverage_standard_error"]
    if coverage is None:
        return DASH if row["kind"] == "empirical" else covered_text(row)
    # Simulated patients who are all covered, or none of them, do not say that everybody is.
    return covered_text({**row, "coverage": min(max(coverage, error), 1.0 - error)})


def _enough(row: Row, margins: Mapping[tuple[str, str], Row]) -> str | Cell:
    """The equal margin that reaches the wanted share for the errors or the logs of this row."""
    solved = margins.get((row["group"], row["covers"]))
    if solved is None or row["kind"] not in ("recipe", "present"):
        return DASH
    names = ("margin_lr_mm", "margin_low_mm", "margin_high_mm")
    value, low, high = (solved[name] for name in names)
    if value is not None and high is None:
        bounded = "no interval" if low is None else f"{number(low)} to unbounded"
        return Cell(f"{number(value)} ({bounded})", value)
    return Cell(with_interval(value, low, high, reason=solved["reason"]), value)


def _counted(row: Row) -> str:
    """That the errors named beside are all that is counted, unless they are declared complete."""
    return " and these errors only" if re.search(r"\bonly\b", row["covers"]) else ""


def _logged(row: Row) -> str:
    share = whole_percent(row["logged_coverage"])
    return f"{share} of {count(row['n_logged'])}" if row["n_logged"] else share


def _name(row: Row) -> str:
    """What a margin is, in words."""
    limits = ""
    if row["margin_low_mm"] is not None:
        high = number(row["margin_high_mm"], missing="unbounded")
        limits = f"; interval of their mean {number(row['margin_low_mm'])} to {high} mm"
    if row["kind"] == "recipe":
        return str(row["recipe"])
    if row["kind"] == "present":
        return "margin in use"
    if row["kind"] == "empirical":
        return f"logged patients: equal margin for the wanted share{limits}"
    shape = f"in the proportions of {row['recipe']}" if row["recipe"] else "equal on all axes"
    return f"{_SOLVED}, {shape}{limits}"
