r"""Patients and clusters when whole centres (or machines) are randomised, not patients.

Assumptions and limits: two parallel arms, outcomes in a cluster equally correlated (ICC), analysis
that respects clusters. With fewer than about ten clusters an arm the normal approximation flatters
the power. The ICC is rarely known: plan over a range.
"""

from dataclasses import dataclass

from popmargin.core.checks import non_negative, positive, whole
from popmargin.core.exceptions import OutOfRange
from popmargin.trials.normal import round_up


@dataclass(frozen=True, slots=True)
class ClusterSize:
    """Sample size of a parallel cluster-randomised trial."""

    patients_per_arm_individual: int
    cluster_size: float
    cluster_size_cv: float
    icc: float
    design_effect: float
    patients_per_arm: int
    clusters_per_arm: int
    formula_status: str
    assumptions: tuple[str, ...]


def design_effect(cluster_size: float, icc: float, *, cluster_size_cv: float = 0.0) -> float:
    r"""Factor by which cluster randomisation raises the number of patients.

    .. math:: DE = 1 + \left[(CV^2 + 1)\,m - 1\right] ICC

    Parameters
    ----------
    cluster_size : mean patients per cluster (m), >= 1.
    icc : intracluster correlation, 0 to 1.
    cluster_size_cv : coefficient of variation of the cluster sizes, >= 0.

    Raises
    ------
    OutOfRange
        When an argument is outside its range.

    Notes
    -----
    Equal sizes: Kerry SM and Bland JM, BMJ 1998;316:1455. Unequal sizes: Eldridge SM et al., Int J
    Epidemiol 2006;35:1292-1300 (formula recalled).

    Examples
    --------
    >>> design_effect(20, 0.02)
    1.38
    """
    size = float(positive("cluster_size", cluster_size))
    variation = float(non_negative("cluster_size_cv", cluster_size_cv))
    if size < 1.0:
        raise OutOfRange("cluster_size", "a finite number >= 1", cluster_size)
    if not 0.0 <= icc <= 1.0:
        raise OutOfRange("icc", "a number from 0 to 1", icc)
    return 1.0 + ((variation**2 + 1.0) * size - 1.0) * icc


def cluster(
    patients_per_arm: int, *, cluster_size: float, icc: float, cluster_size_cv: float = 0.0
) -> ClusterSize:
    """Patients and clusters per arm from the patients per arm of an individually randomised trial.

    Parameters
    ----------
    patients_per_arm : patients per arm if patients were randomised, >= 1.
    cluster_size, icc, cluster_size_cv : as in `design_effect`.

    Raises
    ------
    OutOfRange
        When an argument is outside its range.

    Examples
    --------
    >>> size = cluster(100, cluster_size=20, icc=0.02)
    >>> size.patients_per_arm, size.clusters_per_arm
    (138, 7)
    """
    whole("patients_per_arm", patients_per_arm)
    effect = design_effect(cluster_size, icc, cluster_size_cv=cluster_size_cv)
    patients = round_up(patients_per_arm * effect)
    recalled = cluster_size_cv > 0.0
    return ClusterSize(
        patients_per_arm_individual=patients_per_arm,
        cluster_size=cluster_size,
        cluster_size_cv=cluster_size_cv,
        icc=icc,
        design_effect=effect,
        patients_per_arm=patients,
        clusters_per_arm=round_up(patients / cluster_size),
        formula_status="recalled, unvalidated" if recalled else "seen (Kerry and Bland 1998)",
        assumptions=(
            "parallel arms, equal correlation within all clusters, analysis that respects clusters",
            "normal approximation: with fewer than about 10 clusters an arm add one or more",
        )
        + (("design effect for unequal cluster sizes is recalled (Eldridge 2006)",) * recalled),
    )


def effective_patients(
    patients: int, *, cluster_size: float, icc: float, cluster_size_cv: float = 0.0
) -> float:
    """Patients of an individually randomised trial with the same information.

    The inverse of `cluster`: put it (rounded down) into a power function.

    Raises
    ------
    OutOfRange
        When an argument is outside its range.

    Examples
    --------
    >>> round(effective_patients(138, cluster_size=20, icc=0.02), 6)
    100.0
    """
    whole("patients", patients)
    return patients / design_effect(cluster_size, icc, cluster_size_cv=cluster_size_cv)
