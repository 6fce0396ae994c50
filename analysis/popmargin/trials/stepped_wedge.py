r"""Clusters when all centres change from old to new, a group of them at each step.

Assumptions and limits: cross-sectional (new patients in each period), equal clusters, one common
effect, no change of effect with time, periods as fixed effects, one correlation within a cluster
whatever the time between patients. Where the correlation decays with time the design is less
efficient than this says; simulate it (Baio G et al., Trials 2015;16:354).
"""

from dataclasses import dataclass

from popmargin.core.checks import non_negative, whole
from popmargin.core.exceptions import OutOfRange
from popmargin.trials.normal import round_up


@dataclass(frozen=True, slots=True)
class SteppedWedgeSize:
    """Sample size of a stepped-wedge trial."""

    patients_individual: int
    steps: int
    baseline_periods: int
    periods_per_step: int
    patients_per_cluster_period: int
    icc: float
    design_effect: float
    clusters: int
    clusters_per_step: int
    periods: int
    patients: int
    formula_status: str
    assumptions: tuple[str, ...]


def stepped_wedge_design_effect(
    *,
    steps: int,
    patients_per_cluster_period: int,
    icc: float,
    baseline_periods: int = 1,
    periods_per_step: int = 1,
) -> float:
    r"""Design effect of Woertman et al. for patients per period, against individual randomisation.

    .. math:: DE = \frac{1+\rho(ktn+bn-1)}{1+\rho(\tfrac12 ktn+bn-1)}\cdot
       \frac{3(1-\rho)}{2t(k-1/k)}

    Parameters
    ----------
    steps : k, >= 2.
    patients_per_cluster_period : n, >= 1.
    icc : rho, 0 <= rho < 1.
    baseline_periods : b, >= 0.
    periods_per_step : t, >= 1.

    Raises
    ------
    OutOfRange
        When an argument is outside its range.

    Notes
    -----
    Woertman W et al., J Clin Epidemiol 2013;66:752-8 (recalled); equal to the generalised
    least squares variance of the model of Hussey and Hughes (Contemp Clin Trials 2007;28:182),
    checked numerically.

    Examples
    --------
    >>> round(stepped_wedge_design_effect(steps=3, patients_per_cluster_period=20, icc=0.05), 4)
    0.7667
    """
    k = whole("steps", steps, at_least=2)
    n = whole("patients_per_cluster_period", patients_per_cluster_period)
    b = whole("baseline_periods", baseline_periods, at_least=0)
    t = whole("periods_per_step", periods_per_step)
    rho = float(non_negative("icc", icc))
    if rho >= 1.0:
        raise OutOfRange("icc", "a number >= 0 and below 1", icc)
    clustering = (1 + rho * (k * t * n + b * n - 1)) / (1 + rho * (k * t * n / 2 + b * n - 1))
    return clustering * 3 * (1 - rho) / (2 * t * (k - 1 / k))


def stepped_wedge(
    patients_individual: int,
    *,
    steps: int,
    patients_per_cluster_period: int,
    icc: float,
    baseline_periods: int = 1,
    periods_per_step: int = 1,
) -> SteppedWedgeSize:
    """Clusters and patients of a stepped-wedge trial.

    Parameters
    ----------
    patients_individual : patients in all of an individually randomised trial (both arms), >= 2.
    steps, patients_per_cluster_period, icc, baseline_periods, periods_per_step : as in
        `stepped_wedge_design_effect`.

    Returns
    -------
    The size; clusters are rounded up to the same number at each step.

    Raises
    ------
    OutOfRange
        When an argument is outside its range.

    Examples
    --------
    >>> size = stepped_wedge(194, steps=3, patients_per_cluster_period=20, icc=0.05)
    >>> size.clusters, size.patients
    (9, 720)
    """
    whole("patients_individual", patients_individual, at_least=2)
    effect = stepped_wedge_design_effect(
        steps=steps,
        patients_per_cluster_period=patients_per_cluster_period,
        icc=icc,
        baseline_periods=baseline_periods,
        periods_per_step=periods_per_step,
    )
    per_step = round_up(patients_individual * effect / patients_per_cluster_period / steps)
    periods = baseline_periods + steps * periods_per_step
    return SteppedWedgeSize(
        patients_individual=patients_individual,
        steps=steps,
        baseline_periods=baseline_periods,
        periods_per_step=periods_per_step,
        patients_per_cluster_period=patients_per_cluster_period,
        icc=icc,
        design_effect=effect,
        clusters=per_step * steps,
        clusters_per_step=per_step,
        periods=periods,
        patients=per_step * steps * periods * patients_per_cluster_period,
        formula_status="recalled (Woertman 2013), equal to exact least squares of the model",
        assumptions=(
            "design effect recalled, not read in the original; checked against the exact variance",
            "new patients in each period, equal clusters, constant effect, one correlation "
            "whatever the time between patients",
        ),
    )
