"""What published trials let one expect of a new one: priors of its effect, and the power over them.

Assumptions: a normal prior of the logarithm of the odds ratio. The sceptical one expects no effect
and gives a chance of 2.5 % to an odds ratio below 0.5; the updated one is the sceptical prior after
the pooled studies of one endpoint. ``expected_power`` is the chance that the trial shows benefit,
averaged over the prior (assurance).

Limits: a pool of two studies tells little: its interval is very wide, and the sceptic hardly moves.
Whether those studies resemble the new trial is for people to judge.
"""

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from popmargin.outcomes.evidence import effect_prior
from popmargin.trials.proportions import two_proportions_power

Row = dict[str, Any]
_Z: Final = 1.959964
# Middles of so many equally likely parts of the prior.
_PARTS: Final = 400
_LEAST: Final = 1e-6


def expect_effects(trial: Mapping[str, Any], design: Mapping[str, Any]) -> list[Row]:
    """Rows of contract ``trial_prior``.

    Parameters
    ----------
    trial : the config's ``trial``: ``prior_class`` (None: only the sceptical prior), ``alpha``.
    design : row of contract ``trial_design``: ``risk_control``, ``patients_per_arm``.

    Examples
    --------
    >>> rows = expect_effects({"prior_class": None, "alpha": 0.05},
    ...     {"risk_control": 0.3, "patients_per_arm": 300})
    >>> rows[0]["prior"], round(rows[0]["chance_of_benefit"], 2), rows[0]["expected_power"] < 0.5
    ('sceptical', 0.5, True)
    """
    sceptic = effect_prior("")
    priors = [("sceptical", *sceptic)]
    wanted = trial["prior_class"]
    if wanted is not None:
        mean, spread, source = effect_prior(wanted)
        weights = 1.0 / sceptic[1] ** 2, 1.0 / spread**2
        middle = (weights[0] * sceptic[0] + weights[1] * mean) / sum(weights)
        priors.append(("published", mean, spread, source))
        both = f"sceptical, then {source}"
        priors.append(("sceptical, updated", middle, sum(weights) ** -0.5, both))
    return [
        {
            "prior": name, "ratio": math.exp(mean), "ratio_low": math.exp(mean - _Z * spread),
            "ratio_high": math.exp(mean + _Z * spread),
            "chance_of_benefit": _below(-mean / spread),
            "expected_power": _expected_power(mean, spread, trial["alpha"], design),
            "patients_per_arm": design["patients_per_arm"], "source": source,
        }
        for name, mean, spread, source in priors
    ]  # fmt: skip


def _expected_power(mean: float, spread: float, alpha: float, design: Mapping[str, Any]) -> float:
    """Chance that the trial shows fewer events in the experimental arm."""
    from statistics import NormalDist

    normal = NormalDist(mean, spread)
    control = design["risk_control"]
    level = math.log(control / (1.0 - control))
    powers = []
    for part in (np.arange(_PARTS) + 0.5) / _PARTS:
        effect = normal.inv_cdf(float(part))
        risk = 1.0 / (1.0 + math.exp(-max(level + effect, -30.0)))
        if effect >= 0.0 or risk == control:
            powers.append(0.0)
            continue
        powers.append(
            two_proportions_power(
                control, max(risk, _LEAST), patients_per_arm=design["patients_per_arm"], alpha=alpha
            )
        )
    return float(np.mean(powers))


def _below(value: float) -> float:
    from statistics import NormalDist

    return NormalDist().cdf(value)
