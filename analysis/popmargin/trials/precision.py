r"""How many patients it takes to know the systematic error, and so the margin, well enough.

Assumptions and limits: one axis, normal errors, the same number of fractions and the same random
SD in all patients, the ANOVA estimate, and half-widths from its standard error (delta method).
The real interval is longer above than below and, with few patients, wider than this on its upper
side: plan with these numbers, report with the interval of the data. Trends, autocorrelation and
patients with unequal scatter need more patients. More fractions help the random error only: beyond
some ten fractions the number of patients decides.

Sources: expected mean squares of the one-way random model (Searle, Casella and McCulloch, Variance
Components, 1992), verified by simulation.
"""

from dataclasses import dataclass
from typing import Final

from popmargin.core.checks import non_negative, positive, share, whole
from popmargin.statistics.precision import BalancedDesign, groups_for_precision
from popmargin.trials.normal import quantile

_ASSUMPTIONS: Final = (
    "one axis, normal errors, equal numbers of fractions, the same random SD in all patients",
    "ANOVA estimate, symmetric half-width from its standard error (delta method): with few "
    "patients the upper side of the real interval is wider",
)


@dataclass(frozen=True, slots=True)
class PrecisionSize:
    """Patients for a wanted relative precision of the systematic error."""

    systematic_sd_mm: float
    random_sd_mm: float
    fractions: int
    half_width: float
    level: float
    patients: int
    half_width_reached: float
    patients_many_fractions: int
    assumptions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PrecisionOfDesign:
    """Expected half-widths of one design; the margin is linear in both SDs, with its factors."""

    systematic_sd_mm: float
    random_sd_mm: float
    fractions: int
    patients: int
    level: float
    systematic_sd_half_width_mm: float
    systematic_sd_half_width: float
    random_sd_half_width_mm: float
    random_sd_half_width: float | None
    systematic_factor: float
    random_factor: float
    margin_mm: float
    margin_half_width_mm: float
    probability_not_positive: float
    assumptions: tuple[str, ...]


def precision(
    systematic_sd_mm: float,
    random_sd_mm: float,
    *,
    fractions: int,
    half_width: float,
    level: float = 0.95,
) -> PrecisionSize:
    r"""Patients for a relative half-width of the interval of the systematic error.

    Smallest P with :math:`z\,SE(\hat\Sigma)/\Sigma \le w`, where
    :math:`SE(\hat\Sigma) = SE(\hat\Sigma^2)/2\Sigma` and

    .. math:: Var(\hat\Sigma^2) = \frac{2(\Sigma^2+\sigma^2/n)^2}{P-1}
       + \frac{2\sigma^4}{n^2 P(n-1)}

    Parameters
    ----------
    systematic_sd_mm : expected systematic SD, mm, > 0.
    random_sd_mm : expected random SD, mm, >= 0.
    fractions : imaged fractions of each patient, >= 2.
    half_width : wanted half-width relative to the systematic SD, above 0 and below 1.
    level : two-sided confidence level, strictly between 0 and 1.

    Returns
    -------
    ``patients`` and, with ``patients_many_fractions``, how many it takes however many fractions.

    Raises
    ------
    OutOfRange
        When an argument is outside its range.

    Examples
    --------
    >>> size = precision(2, 2, fractions=10, half_width=0.2)
    >>> size.patients, size.patients_many_fractions
    (60, 50)
    """
    _check_design(systematic_sd_mm, random_sd_mm, fractions)
    share("half_width", half_width)
    share("level", level)
    patients, many = (
        groups_for_precision(
            systematic_sd_mm, noise, fractions, relative_half_width=half_width, level=level
        )
        # Without random error, or with endless fractions, only the patients' own spread is left.
        for noise in (random_sd_mm, 0.0)
    )
    reached = precision_of_design(
        systematic_sd_mm, random_sd_mm, fractions=fractions, patients=patients, level=level
    )
    return PrecisionSize(
        systematic_sd_mm=systematic_sd_mm,
        random_sd_mm=random_sd_mm,
        fractions=fractions,
        half_width=half_width,
        level=level,
        patients=patients,
        half_width_reached=reached.systematic_sd_half_width,
        patients_many_fractions=many,
        assumptions=_ASSUMPTIONS,
    )


def precision_of_design(
    systematic_sd_mm: float,
    random_sd_mm: float,
    *,
    fractions: int,
    patients: int,
    level: float = 0.95,
    systematic_factor: float = 2.5,
    random_factor: float = 0.7,
) -> PrecisionOfDesign:
    r"""Expected half-widths of systematic error, random error and a linear margin.

    .. math:: SE(\hat\sigma) \approx \frac{\sigma}{\sqrt{2P(n-1)}}, \quad
       Cov(\hat\Sigma^2, \hat\sigma^2) = -\frac{2\sigma^4}{nP(n-1)}

    Parameters
    ----------
    systematic_sd_mm : expected systematic SD, mm, > 0.
    random_sd_mm : expected random SD, mm, >= 0.
    fractions : imaged fractions of each patient, >= 2.
    patients : number of patients, >= 2.
    level : two-sided confidence level, strictly between 0 and 1.
    systematic_factor, random_factor : factors of the linear recipe, >= 0; 2.5 and 0.7 are those of
        van Herk et al., Int J Radiat Oncol Biol Phys 2000;47:1121-35.

    Returns
    -------
    Half-widths in mm and relative, and the chance that the systematic variance comes out at or
    below 0, so that the data would not show any systematic error.

    Raises
    ------
    OutOfRange
        When an argument is outside its range.

    Examples
    --------
    >>> design = precision_of_design(2, 2, fractions=5, patients=20)
    >>> round(design.systematic_sd_half_width_mm, 3), round(design.margin_half_width_mm, 3)
    (0.766, 1.909)
    """
    _check_design(systematic_sd_mm, random_sd_mm, fractions)
    whole("patients", patients, at_least=2)
    non_negative("systematic_factor", systematic_factor)
    non_negative("random_factor", random_factor)
    z = quantile("level", (1.0 + share("level", level)) / 2.0)
    design = BalancedDesign(patients, fractions, systematic_sd_mm, random_sd_mm)
    systematic = z * design.between_sd_error
    random = z * design.within_sd_error
    return PrecisionOfDesign(
        systematic_sd_mm=systematic_sd_mm,
        random_sd_mm=random_sd_mm,
        fractions=fractions,
        patients=patients,
        level=level,
        systematic_sd_half_width_mm=systematic,
        systematic_sd_half_width=systematic / systematic_sd_mm,
        random_sd_half_width_mm=random,
        random_sd_half_width=random / random_sd_mm if random_sd_mm > 0 else None,
        systematic_factor=systematic_factor,
        random_factor=random_factor,
        margin_mm=systematic_factor * systematic_sd_mm + random_factor * random_sd_mm,
        margin_half_width_mm=z * design.combination_error(systematic_factor, random_factor),
        probability_not_positive=design.truncation_probability,
        assumptions=_ASSUMPTIONS,
    )


def _check_design(systematic_sd_mm: float, random_sd_mm: float, fractions: int) -> None:
    """Refuse impossible designs in the reader's words."""
    positive("systematic_sd_mm", systematic_sd_mm)
    non_negative("random_sd_mm", random_sd_mm)
    whole("fractions", fractions, at_least=2)
