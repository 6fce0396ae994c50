"""Totals over all groups, whatever their sizes: all that the moment estimators need.

ANOVA and the conventional estimates depend on grouped data through these sums alone, so that they
come out exactly where the sizes of single groups are not known.

Limits: (restricted) likelihood and generalised intervals need the table by size.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GroupTotals:
    """Sums over P groups of N observations; deviations are those of group means from a reference.

    Attributes
    ----------
    groups, observations, squared_sizes : int
        P, N and the sum of n_i^2.
    replicated_groups : int
        Groups with at least two observations.
    inverse_sizes : float
        Sum of 1 / n_i.
    deviations, squared_deviations : float
        Sum of d_i = (group mean - ``reference``) and of d_i^2, in the unit of the data and its
        square.
    sized_deviations, sized_squares : float
        Sum of n_i d_i and of n_i d_i^2.
    within_total : float
        Sum of the within-group sums of squares.
    within_variances : float
        Sum of the group variances (divisor n_i - 1) over ``replicated_groups``.
    within_sds : float or None
        Sum of the group SDs over ``replicated_groups``; None when it was not passed on.
    reference : float
        Value near the centre that the deviations are taken from.

    >>> totals = GroupTotals(2, 5, 13, 2, 5 / 6, 2.0, 4.0, 6.0, 12.0, 10.0, 6.0, None, 2.0)
    >>> totals.mean, totals.within_df, totals.squares_of_means
    (3.0, 3, 2.0)
    """

    groups: int
    observations: int
    squared_sizes: int
    replicated_groups: int
    inverse_sizes: float
    deviations: float
    squared_deviations: float
    sized_deviations: float
    sized_squares: float
    within_total: float
    within_variances: float
    within_sds: float | None
    reference: float

    @property
    def within_df(self) -> int:
        """Degrees of freedom within groups, N - P."""
        return self.observations - self.groups

    @property
    def mean(self) -> float:
        """Plain mean of the group means."""
        return self.reference + self.deviations / self.groups

    @property
    def harmonic_size(self) -> float:
        """Harmonic mean of the group sizes."""
        return self.groups / self.inverse_sizes

    @property
    def squares_of_means(self) -> float:
        """Sum of squared deviations of the group means from their plain mean, >= 0."""
        return max(0.0, self.squared_deviations - self.deviations * self.deviations / self.groups)
