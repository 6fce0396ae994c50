"""Plain-loop twins of the outcome models, straight from the definitions."""

from math import e, exp, pi, sqrt


def generalised_eud(doses: list[float], volumes: list[float], exponent: float) -> float:
    total = 0.0
    for dose, volume in zip(doses, volumes, strict=True):
        total += volume * dose**exponent
    return total ** (1 / exponent)


def normal_below(value: float, steps: int = 20000) -> float:
    """Normal distribution function by the trapezoid rule from -12."""
    width = (value + 12) / steps
    total = 0.0
    for step in range(steps + 1):
        weight = 0.5 if step in (0, steps) else 1.0
        total += weight * exp(-((-12 + step * width) ** 2) / 2)
    return total * width / sqrt(2 * pi)


def relative_seriality(
    doses: list[float], volumes: list[float], d50: float, gamma: float, seriality: float
) -> float:
    spared = 1.0
    for dose, volume in zip(doses, volumes, strict=True):
        response = 2 ** (-exp(e * gamma * (1 - dose / d50)))
        spared *= (1 - response**seriality) ** volume
    return (1 - spared) ** (1 / seriality)


def poisson_control(
    doses: list[float],
    volumes: list[float],
    fractions: int,
    alpha: float,
    alpha_beta: float,
    clonogens: float,
) -> float:
    survivors = 0.0
    for dose, volume in zip(doses, volumes, strict=True):
        survival = exp(-alpha * (dose / fractions) * (1 + dose / fractions / alpha_beta))
        survivors += clonogens * volume * survival**fractions
    return exp(-survivors)
