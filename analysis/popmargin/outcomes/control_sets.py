"""Published parameter sets of the control models, and the band that differences need.

Nearly all of them are recalled: each says so in ``status``, and results repeat it.
"""

from dataclasses import dataclass
from typing import Final

from popmargin.outcomes.parameter_table import field_values, usable_labels, usable_row

_TABLE: Final = "tcp_parameters.csv"


@dataclass(frozen=True, slots=True)
class LogisticControlSet:
    """Log-logistic dose response; ``d50_low_gy`` to ``d50_high_gy`` is the published range."""

    label: str
    site: str
    d50_gy: float
    gamma50: float
    alpha_beta_gy: float
    status: str
    source: str
    note: str = ""
    d50_low_gy: float | None = None
    d50_high_gy: float | None = None


@dataclass(frozen=True, slots=True)
class PoissonControlSet:
    """Poisson, linear-quadratic; ``alpha_low_per_gy`` to ``alpha_high_per_gy`` is the band."""

    label: str
    site: str
    alpha_per_gy: float
    alpha_sd_per_gy: float
    alpha_beta_gy: float
    clonogens_per_cc: float
    status: str
    source: str
    note: str = ""
    alpha_low_per_gy: float | None = None
    alpha_high_per_gy: float | None = None


ControlSet = LogisticControlSet | PoissonControlSet


def control_set(label: str) -> ControlSet:
    """The published parameter set with this label.

    Parameters
    ----------
    label : a label of `control_set_labels`, such as ``"prostate_logistic"``.

    Raises
    ------
    RefusedInput
        When the row is no dose response.
    WrongUsage
        When there is no such label; the message lists those that exist.

    Notes
    -----
    Source: the source of each row of ``reference/tcp_parameters.csv``.

    Examples
    --------
    >>> control_set("prostate_logistic").status
    'recalled, unverified; default, not validated'
    """
    row = usable_row(_TABLE, label)
    if row["model"] == "poisson_lq":
        return PoissonControlSet(**field_values(row, PoissonControlSet))
    return LogisticControlSet(**field_values(row, LogisticControlSet))


def control_set_labels() -> tuple[str, ...]:
    """Labels of the sets that can be used.

    Examples
    --------
    >>> control_set_labels()[:2]
    ('prostate_logistic', 'prostate_poisson')
    """
    return usable_labels(_TABLE)
