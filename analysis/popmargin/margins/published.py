"""Published margins held against their own errors: which follow from them, and which do not.

Each printed number stands for an interval of half a unit in its last digit. The stated recipe is
evaluated on the intervals of the printed SDs; a margin *reproduces* when its own interval meets the
result.

Assumptions: numbers were rounded, not cut; "van Herk" alone means 2.5 Sigma + 0.7 sigma.

Limits: a margin that does not follow may rest on unrounded SDs of another table, on a group mean or
on a step of rounding up that the paper does not print: the verdict says that it does not follow
from what is printed, not that it is wrong. Where no recipe is stated nothing is judged.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

import polars as pl

from popmargin.core.resources import resource_path
from popmargin.margins.registry import RECIPES, find_recipe

Verdict = Literal[
    "reproduces", "does_not_follow", "no_stated_recipe", "errors_not_stated", "no_margin_stated"
]

# What the sources print as their formula, and the recipe that it is. First match counts.
_STATED: Final = (
    ("-3mm", "van_herk_tcp"),
    ("2.5Sigma+0.7sigma", "van_herk_linear"),
    ("van herk", "van_herk_linear"),
)
# Names that papers use for the patient axes; X, Y, Z, sides and numbered axes stay unassigned.
_AXES: Final = {
    **dict.fromkeys(("LR", "RL", "LL", "ML", "lat"), "lr"),
    **dict.fromkeys(("SI", "CC", "lng"), "si"),
    **dict.fromkeys(("AP", "vrt"), "ap"),
    **{name: name for name in ("pitch", "roll", "yaw")},
}
_FOR_COMPARISON: Final = "van_herk_linear"


@dataclass(frozen=True, slots=True)
class PublishedMargin:
    """Verdict on one printed margin; limits in mm, ``None`` where nothing can be computed."""

    verdict: Verdict
    recipe: str | None
    recomputed_mm: float | None
    low_mm: float | None
    high_mm: float | None
    reason: str

    @property
    def reproduces(self) -> bool | None:
        """Whether the margin follows; ``None`` where nothing can be judged."""
        return {"reproduces": True, "does_not_follow": False}.get(self.verdict)


def published_population_errors() -> pl.DataFrame:
    """The published rows of M, Sigma, sigma and margins as printed, every column as text.

    >>> published_population_errors().height
    168
    """
    path = resource_path("reference", "literature_population_errors.csv")
    return pl.read_csv(path, infer_schema=False)


def judge_margin(
    systematic_sd: str, random_sd: str, margin: str, half_unit: str, stated: str
) -> PublishedMargin:
    """Verdict on one margin from the texts as printed; empty = not printed.

    Parameters
    ----------
    systematic_sd, random_sd, margin : printed numbers in mm.
    half_unit : half a unit of the margin's last printed digit, mm; from its digits where empty.
    stated : what the source says of its formula.

    Examples
    --------
    >>> judge_margin("1.7", "3.3", "7.7", "0.05", "2.5Sigma+0.7sigma").verdict
    'does_not_follow'
    >>> judge_margin("1.8", "3.1", "6.3", "0.05", "formula not shown").verdict
    'no_stated_recipe'
    """
    recipe = _recipe_of(stated)
    if not margin:
        return PublishedMargin("no_margin_stated", recipe, None, None, None, "no margin is printed")
    if not systematic_sd or not random_sd:
        reason = "the source prints no systematic and random SD beside the margin"
        return PublishedMargin("errors_not_stated", recipe, None, None, None, reason)
    if recipe is not None:
        return _judge(recipe, systematic_sd, random_sd, margin, half_unit)
    other = _judge(_FOR_COMPARISON, systematic_sd, random_sd, margin, half_unit)
    reason = (
        f"the source states no recipe that can be recomputed ({stated or 'none printed'}); for "
        f"comparison, {other.reason}"
    )
    return PublishedMargin(
        "no_stated_recipe", None, other.recomputed_mm, other.low_mm, other.high_mm, reason
    )


def check_published_margins(table: pl.DataFrame) -> pl.DataFrame:
    """Verdict on every row of a table in the layout of `published_population_errors`.

    Returns
    -------
    One row per row of ``table``: paper, citation, url, site, quantity, correction_state (and both
    as ``condition``), modality, n_patients, ``published_axis`` as printed and ``axis`` as ours
    (null where it cannot be told), unit; group_mean, systematic_sd and random_sd in mm (in degrees
    under their own names for rotations); margin_stated_mm, recipe_stated, margin_recomputed_mm with
    the limits that rounding leaves, verdict, reproduces (null where nothing can be judged) and the
    reason.
    """
    return pl.DataFrame([_row(row) for row in table.to_dicts()], infer_schema_length=None)


def _judge(
    name: str, systematic_sd: str, random_sd: str, margin: str, half_unit: str
) -> PublishedMargin:
    recipe = find_recipe(name)
    systematic, random, printed = float(systematic_sd), float(random_sd), float(margin)
    half_s, half_r = _half_unit(systematic_sd), _half_unit(random_sd)
    half = float(half_unit) if half_unit else _half_unit(margin)
    found = float(recipe.margin(systematic, random))
    low = float(recipe.margin(max(0.0, systematic - half_s), max(0.0, random - half_r)))
    high = float(recipe.margin(systematic + half_s, random + half_r))
    # One part in 1e9: decimal digits are not exact in binary.
    slack = half + 1e-9
    numbers = (name, found, low, high)
    formula = f"{recipe.formula} of the printed SDs gives {found:.2f} mm"
    if low - slack <= printed <= high + slack:
        return PublishedMargin("reproduces", *numbers, formula)
    if low - slack <= -printed <= high + slack and printed > 0:
        reason = f"{formula}: the printed margin is the absolute value of a negative result"
        return PublishedMargin("does_not_follow", *numbers, reason)
    reason = f"{formula} ({low:.2f} to {high:.2f} with rounding), printed is {printed:g} mm"
    return PublishedMargin("does_not_follow", *numbers, reason)


def _recipe_of(stated: str) -> str | None:
    if stated in RECIPES:
        return stated
    text = stated.lower()
    return next((recipe for words, recipe in _STATED if words.lower() in text), None)


def _half_unit(printed: str) -> float:
    """Half a unit of the last digit.

    >>> _half_unit("3.3"), _half_unit("0.56")
    (0.05, 0.005)
    """
    return 0.5 * 10.0 ** -len(printed.partition(".")[2])


def _row(row: dict[str, Any]) -> dict[str, Any]:
    text = {key: value or "" for key, value in row.items()}
    rotation = text["unit"] == "deg"
    verdict = judge_margin(
        text["Sigma_mm"],
        text["sigma_mm"],
        text["margin_stated_mm"],
        text["margin_half_ulp_mm"],
        text["margin_formula_stated"],
    )
    numbers = {
        f"{name}_{unit}": _number(text[column]) if rotation == (unit == "deg") else None
        for unit in ("mm", "deg")
        for name, column in (
            ("group_mean", "M_mm"),
            ("systematic_sd", "Sigma_mm"),
            ("random_sd", "sigma_mm"),
        )
    }
    return {
        "paper": text["paper_id"],
        "citation": text["citation"],
        "url": text["url"],
        "site": text["site"],
        "quantity": text["quantity"],
        "correction_state": text["correction_state"],
        "modality": text["modality"],
        "n_patients": int(float(text["n_patients"])) if text["n_patients"] else None,
        "condition": ", ".join(filter(None, (text["quantity"], text["correction_state"]))) or None,
        "published_axis": text["axis"],
        "axis": _AXES.get(text["axis"]),
        "unit": text["unit"],
        **numbers,
        "margin_stated_mm": _number(text["margin_stated_mm"]),
        "formula_stated": text["margin_formula_stated"] or None,
        "recipe_stated": verdict.recipe,
        "margin_recomputed_mm": verdict.recomputed_mm,
        "margin_recomputed_low_mm": verdict.low_mm,
        "margin_recomputed_high_mm": verdict.high_mm,
        "verdict": verdict.verdict,
        "reproduces": verdict.reproduces,
        "reason": verdict.reason,
        "note": text["note"] or None,
    }


def _number(text: str) -> float | None:
    return float(text) if text else None
