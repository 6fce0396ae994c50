"""Intra-fraction motion as a random walk or a linear drift during the beam.

Assumes a Wiener process that starts at zero when the patient is positioned: variance D t an axis.
The mean over the beam differs from fraction to fraction and joins the random error; what moves
within the beam blurs the dose.

Limits: breathing and returns to a rest position are no random walk; D must come from pairs of
images of known distance in time. Source: Ballhausen's random-walk model (recalled, unvalidated;
the variances are derived and checked by simulation).
"""

from dataclasses import dataclass

from popmargin.core.checks import non_negative


@dataclass(frozen=True, slots=True)
class RandomWalkVariances:
    """Variances in mm^2 an axis of a random walk seen through one beam.

    ``at_end``: of the position at the end; ``beam_mean``: of the mean position over the beam (its
    root joins the random SD in quadrature); ``time_average``: of the position at a random moment;
    ``within_beam``: of the position about the beam's own mean (blurs the dose).
    """

    at_end_mm2: float
    beam_mean_mm2: float
    time_average_mm2: float
    within_beam_mm2: float


def random_walk_variances(
    diffusion_mm2_per_min: float, beam_min: float, *, delay_min: float = 0.0
) -> RandomWalkVariances:
    r"""Variances of a random walk over a beam time T that starts after a delay t0.

    .. math:: D(t_0+T), \quad D(t_0+T/3), \quad D(t_0+T/2), \quad DT/6

    Parameters
    ----------
    diffusion_mm2_per_min : float
        D, growth of the variance an axis in mm^2 per minute, >= 0.
    beam_min, delay_min : float
        Beam time and time between positioning and beam, minutes, >= 0.

    Raises
    ------
    OutOfRange
        For a negative or non-finite value.

    Examples
    --------
    >>> walk = random_walk_variances(1.0, 10.0)
    >>> walk.at_end_mm2, round(walk.beam_mean_mm2, 4), round(walk.within_beam_mm2, 4)
    (10.0, 3.3333, 1.6667)
    """
    diffusion = float(non_negative("diffusion_mm2_per_min", diffusion_mm2_per_min))
    beam = float(non_negative("beam_min", beam_min))
    delay = float(non_negative("delay_min", delay_min))
    return RandomWalkVariances(
        at_end_mm2=diffusion * (delay + beam),
        beam_mean_mm2=diffusion * (delay + beam / 3.0),
        time_average_mm2=diffusion * (delay + beam / 2.0),
        within_beam_mm2=diffusion * beam / 6.0,
    )


def linear_drift_offset(before_mm: float, after_mm: float) -> float:
    """Mean position in mm during a beam of steady drift, from images before and after it.

    >>> linear_drift_offset(0.0, 3.0)
    1.5
    """
    return (before_mm + after_mm) / 2.0
