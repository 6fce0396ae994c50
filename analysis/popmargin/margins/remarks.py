"""Remarks that margin recipes make about the values at hand: use outside their conditions.

A remark function takes the random SD and the recipe's options and returns the flags that apply,
an empty list when there is nothing to say.
"""

import math
from collections.abc import Callable, Mapping
from typing import Final

from popmargin.core.flags import Flag

RemarkFunction = Callable[[float, Mapping[str, float]], list[Flag]]

# The linear term 0.7 sigma follows 1.64 (sqrt(sigma^2 + 3.2^2) - 3.2) within 0.3 mm here only.
LINEAR_RANDOM_SD_MM: Final = (2.5, 4.0)
WATER_PENUMBRA_SD_MM: Final = 3.2
LUNG_PENUMBRA_SD_MM: Final = 6.4
_BETA_95: Final = 1.6448536269514722


def linear_random_term(random_sd_mm: float, _options: Mapping[str, float]) -> list[Flag]:
    """Flag 0.7 sigma outside sigma 2.5-4 mm, with what it gives too much or too little.

    >>> round(linear_random_term(8.0, {})[0].effect_mm, 1)
    3.3
    """
    low, high = LINEAR_RANDOM_SD_MM
    if random_sd_mm == 0 or low <= random_sd_mm <= high:
        return []
    exact = _BETA_95 * (math.hypot(random_sd_mm, WATER_PENUMBRA_SD_MM) - WATER_PENUMBRA_SD_MM)
    missing = exact - 0.7 * random_sd_mm
    direction = "too little" if missing > 0 else "too much"
    return [
        Flag(
            "linear_random_term",
            "warn" if missing > 0 else "info",
            f"0.7 sigma stands for the exact random term for sigma {low:g}-{high:g} mm only; at "
            f"{random_sd_mm:.3g} mm it gives {abs(missing):.2f} mm {direction} "
            f"(95 % level, penumbra {WATER_PENUMBRA_SD_MM} mm)",
            effect_mm=missing,
        )
    ]


def penumbra_not_used(random_sd_mm: float, options: Mapping[str, float]) -> list[Flag]:
    """Flag a random term without penumbra: blurring needs less margin than shifting.

    Applies to recipes that have no penumbra and to those whose penumbra was set to zero.

    >>> penumbra_not_used(3.0, {"penumbra_sd_mm": 0.0})[0].code
    'no_penumbra'
    """
    if random_sd_mm == 0 or options.get("penumbra_sd_mm", 0.0) > 0:
        return []
    return [
        Flag(
            "no_penumbra",
            "info",
            "the random term takes the dose edge as a sharp step (no penumbra), which gives more "
            "margin than a real beam edge needs",
        )
    ]


def default_penumbra(penumbra_sd_mm: float, medium: str) -> RemarkFunction:
    """Remark that a recipe used its default penumbra, or none at all.

    >>> default_penumbra(3.2, "water")(3.0, {})[0].code
    'default_penumbra'
    """

    def remark(random_sd_mm: float, options: Mapping[str, float]) -> list[Flag]:
        if "penumbra_sd_mm" in options:
            return penumbra_not_used(random_sd_mm, options)
        message = f"penumbra SD {penumbra_sd_mm} mm ({medium}) assumed: set it for your beam"
        return [Flag("default_penumbra", "info", message)] if random_sd_mm > 0 else []

    return remark


def few_fractions(
    systematic_sd_mm: float, random_sd_mm: float, fractions: int | None
) -> list[Flag]:
    """Say that effective errors were used, and warn where they are not enough.

    The warning stands where the random SD exceeds the systematic one. Simulated with a CTV of 30 mm
    radius, the margin of `van_herk` from effective errors covers 62-84 % in place of 90 % for
    Sigma a third of sigma (2-30 fractions), 84-88 % for equal ones, 88-90 % for twice sigma; the
    margin without effective errors as few as 32 %.

    >>> [flag.severity for flag in few_fractions(1.0, 3.0, 5)]
    ['info', 'warn']
    """
    if fractions is None:
        return []
    flags = [
        Flag(
            "effective_errors",
            "info",
            f"Sigma and sigma were replaced by their effective values for {fractions} fractions",
        )
    ]
    if random_sd_mm > systematic_sd_mm and fractions > 1:
        flags.append(
            Flag(
                "few_fractions",
                "warn",
                f"sigma exceeds Sigma: with {fractions} fractions a margin from effective errors "
                "covers fewer patients than the recipe promises; compute its coverage",
            )
        )
    return flags


def negative_margin(recipe: str, margin_mm: float) -> list[Flag]:
    """Flag a negative result: it stays negative, its absolute value has no meaning.

    >>> negative_margin("van_herk_tcp", -1.5)[0].severity
    'warn'
    """
    if margin_mm >= 0:
        return []
    return [
        Flag(
            "negative_margin",
            "warn",
            f"{recipe} gives {margin_mm:.2f} mm: the formula is outside its range here; this is "
            "not a margin, and its absolute value is none either",
        )
    ]
