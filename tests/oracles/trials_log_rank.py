"""Plain-loop log-rank test: at each event, observed minus expected in the experimental arm."""

from math import sqrt


def log_rank_statistic(times: list[float], events: list[bool], experimental: list[bool]) -> float:
    """Standardised log-rank statistic; times without ties."""
    order = sorted(range(len(times)), key=lambda index: times[index])
    at_risk = len(times)
    at_risk_experimental = sum(experimental)
    excess = variance = 0.0
    for index in order:
        share = at_risk_experimental / at_risk
        if events[index]:
            excess += experimental[index] - share
            variance += share * (1 - share)
        at_risk -= 1
        at_risk_experimental -= experimental[index]
    return excess / sqrt(variance)
