"""Published parameter sets of the complication models: one immutable record a set, never mixed.

A set (n, m, TD50, alpha/beta, endpoint, dose convention) belongs together: it was fitted together.
Taking n from one paper and TD50 from another gives numbers that nobody has measured, and public
code does it. So the sets are read from one table, and a set of one's own is refused when it agrees
with a published one in two of n, m and TD50 but not in the third.
"""

from dataclasses import dataclass
from typing import Final

from popmargin.core.checks import positive
from popmargin.core.exceptions import RefusedInput
from popmargin.outcomes.parameter_table import field_values, usable_labels, usable_row

_TABLE: Final = "ntcp_parameters.csv"


@dataclass(frozen=True, slots=True)
class LkbSet:
    """One Lyman-Kutcher-Burman parameter set; ``*_low``, ``*_high`` are published 95 % limits.

    ``status`` says whether the values were seen in the source, in a secondary source, or are
    recalled; where it says "default, not validated", results must say so too.
    """

    label: str
    organ: str
    endpoint: str
    n: float
    m: float
    td50_gy: float
    alpha_beta_gy: float | None
    dose_convention: str
    status: str
    source: str
    note: str = ""
    n_low: float | None = None
    n_high: float | None = None
    m_low: float | None = None
    m_high: float | None = None
    td50_low_gy: float | None = None
    td50_high_gy: float | None = None


@dataclass(frozen=True, slots=True)
class LinearLogisticSet:
    """One logistic regression on the mean dose."""

    label: str
    organ: str
    endpoint: str
    intercept: float
    slope_per_gy: float
    alpha_beta_gy: float | None
    dose_convention: str
    status: str
    source: str
    note: str = ""


ComplicationSet = LkbSet | LinearLogisticSet


def complication_set(label: str) -> ComplicationSet:
    """The published parameter set with this label.

    Parameters
    ----------
    label : a label of `complication_set_labels`, such as ``"rectum_quantec"``.

    Raises
    ------
    RefusedInput
        When the table holds the set but it must not be used (mixed, ambiguous, not a model).
    WrongUsage
        When there is no such label; the message lists those that exist.

    Notes
    -----
    Source: the source of each row of ``reference/ntcp_parameters.csv``.

    Examples
    --------
    >>> rectum = complication_set("rectum_quantec")
    >>> rectum.n, rectum.m, rectum.td50_gy, rectum.status
    (0.09, 0.13, 76.9, 'seen')
    """
    row = usable_row(_TABLE, label)
    if row["model"] == "lkb":
        return LkbSet(**field_values(row, LkbSet))
    return LinearLogisticSet(**field_values(row, LinearLogisticSet))


def complication_set_labels() -> tuple[str, ...]:
    """Labels of the sets that can be used.

    Examples
    --------
    >>> "parotid_dijkema" in complication_set_labels(), "rectum_mixed" in complication_set_labels()
    (True, False)
    """
    return usable_labels(_TABLE)


def check_lkb_set(parameters: LkbSet) -> None:
    """Refuse a set that mixes sources, lacks a source or has impossible values.

    Parameters
    ----------
    parameters : a published set or one's own.

    Raises
    ------
    RefusedInput
        When the set has no source, or agrees with a published set of the organ in two of n, m and
        TD50 but not in the third.
    OutOfRange
        When n, m or TD50 is not above 0.

    Examples
    --------
    >>> check_lkb_set(complication_set("rectum_quantec"))
    """
    for name in ("n", "m", "td50_gy"):
        positive(name, getattr(parameters, name))
    if not (parameters.source.strip() and parameters.status.strip()):
        raise RefusedInput(
            f"parameter set {parameters.label}", "a source and a status", "none", "name them"
        )
    mine = (parameters.n, parameters.m, parameters.td50_gy)
    for label in complication_set_labels():
        published = complication_set(label)
        if not isinstance(published, LkbSet) or published.organ != parameters.organ:
            continue
        theirs = (published.n, published.m, published.td50_gy)
        equal = sum(a == b for a, b in zip(mine, theirs, strict=True))
        if equal == len(mine) - 1:
            raise RefusedInput(
                f"parameter set {parameters.label}",
                "n, m and TD50 of one fit",
                f"n {mine[0]}, m {mine[1]}, TD50 {mine[2]} Gy, one of which differs from "
                f"{published.source}",
                f"take the whole set {label}, or the whole set of the other source",
            )
