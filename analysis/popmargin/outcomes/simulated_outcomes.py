"""Cohorts of patients with a known effect, confounded by what also decides the group.

Assumptions: a logistic risk; the group depends on the same covariates as the outcome; patients of
a centre share a shift of their log odds. Nothing here describes real patients: the cohorts say
whether the methods of this library hold their level.
"""

import numpy as np
import polars as pl

from popmargin.core.checks import whole
from popmargin.statistics.regression import expit


def simulate_outcome_cohort(
    patients: int,
    *,
    rng: np.random.Generator,
    log_odds_ratio: float = -0.5,
    confounding: float = 1.0,
    centres: int = 1,
    centre_sd: float = 0.0,
) -> tuple[pl.DataFrame, float]:
    """One cohort, and its true average difference of risk between the groups.

    Parameters
    ----------
    patients : >= 2.  rng : source of the draws.
    log_odds_ratio : conditional effect of group ``daily`` against ``weekly``.
    confounding : how strongly the covariate ``frailty`` decides the group; 0 is randomisation.
    centres, centre_sd : number of centres and SD of their log odds.

    Returns
    -------
    ``patient_id``, ``centre``, ``igrt_protocol``, ``frailty``, ``age``, ``event`` (0, 1),
    ``time_months``; and the average over these patients of the risk under ``daily`` minus that
    under ``weekly``.

    Examples
    --------
    >>> cohort, truth = simulate_outcome_cohort(100, rng=np.random.default_rng(1))
    >>> cohort.height, truth < 0
    (100, True)
    """
    count = whole("patients", patients, at_least=2)
    frailty, age = rng.standard_normal(count), rng.standard_normal(count)
    centre = np.arange(count) % whole("centres", centres)
    shift = centre_sd * rng.standard_normal(centres)[centre]
    daily = rng.random(count) < expit(confounding * frailty)
    base = -0.8 + 0.9 * frailty + 0.3 * age + shift
    risk = expit(base + log_odds_ratio * daily)
    event = rng.random(count) < risk
    # Time within two years by the exponential law that gives the risk at its end.
    rate = -np.log1p(-risk) / 24.0
    time = np.where(event, -np.log1p(-rng.random(count) * risk) / rate, 24.0)
    frame = pl.DataFrame(
        {
            "patient_id": [f"synthetic-{number}" for number in range(count)],
            "centre": [f"centre {number + 1}" for number in centre],
            "igrt_protocol": np.where(daily, "daily", "weekly"),
            "frailty": frailty,
            "age": 70.0 + 8.0 * age,
            "event": event.astype(np.int64),
            "time_months": time,
        }
    )
    truth = float((expit(base + log_odds_ratio) - expit(base)).mean())
    return frame, truth
