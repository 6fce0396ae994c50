"""Every outcome of every strategy for many values of the records at once: one model, one place.

Assumptions: the records and the margins are independent; the margins of all strategies rest on
the same patients and rise and fall together, with the limits of their intervals as 2.5 and 97.5 %
points (a two-piece normal). Limits: the registration error of a modality enters the margins at its
typical value; what a strategy needs and nobody stated makes its outcome
not estimable (NaN here, empty in every result), never zero.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from popmargin.burden.cost import cost_keys, cost_per_image
from popmargin.burden.record import Record
from popmargin.burden.response import OrganResponse
from popmargin.burden.spared import ptv_volume_cc
from popmargin.burden.strategies import NO_MODALITY, Strategy

Floats = NDArray[np.float64]
Values = Mapping[str, Floats]
OUTCOMES: Final = (
    "images_per_course",
    "margin_mm",
    "ptv_cc",
    "minutes_per_fraction",
    "minutes_per_course",
    "cost_per_fraction",
    "cost_per_course",
    "marginal_cost_per_fraction",
    "marginal_cost_per_course",
    "imaging_dose_mgy",
    "effective_dose_msv",
    "ntcp_percent",
)
_HALF_WIDTH: Final = 1.959963984540054


def typical_values(records: Mapping[str, Record]) -> dict[str, Floats]:
    """The typical value of every record, as (1,) arrays.

    >>> slot = Record("site.slot_minutes", 12, 15, 18, "min", "timing study", "site")
    >>> typical_values({slot.key: slot})["site.slot_minutes"].tolist()
    [15.0]
    """
    return {key: np.array([record.typical], dtype=np.float64) for key, record in records.items()}


def needed_keys(
    strategy: Strategy, outcome: str, records: Mapping[str, Record], region: str | None
) -> tuple[str, ...]:
    """Keys of the records behind an outcome of a strategy; those that nobody states are in it.

    Parameters
    ----------
    strategy, outcome : one of `OUTCOMES`; region : imaged, ``None`` where not stated.

    Examples
    --------
    >>> daily = Strategy("daily", "kv_cbct", "bone", 35, uses_residual=True)
    >>> needed_keys(daily, "margin_mm", {}, None), needed_keys(daily, "minutes_per_course", {}, "")
    (('kv_cbct.residual_sd_mm.bone',), ('kv_cbct.added_minutes',))
    """
    modality = strategy.modality
    if modality == NO_MODALITY or outcome == "images_per_course":
        return ()
    if outcome in ("margin_mm", "ptv_cc", "ntcp_percent"):
        residual = f"{modality}.residual_sd_mm.{strategy.surrogate}"
        return (residual,) if strategy.uses_residual else ()
    if outcome.startswith("minutes"):
        return (f"{modality}.added_minutes",)
    if "cost_per" in outcome:
        if f"{modality}.cost_per_image" in records:
            return (f"{modality}.cost_per_image", f"{modality}.consumable_cost")
        return cost_keys(modality)
    return (dose_key(modality, outcome.replace("imaging", "organ"), records, region),)


def dose_key(
    modality: str, parameter: str, records: Mapping[str, Record], region: str | None
) -> str:
    """Key of a dose or mass of the region, or of ``any`` where the modality has one for all.

    >>> dose_key("mvct", "organ_dose_mgy", {}, "pelvis")
    'mvct.organ_dose_mgy.pelvis'
    """
    anywhere = f"{modality}.{parameter}.any"
    own = f"{modality}.{parameter}.{region or 'any'}"
    return anywhere if own not in records and anywhere in records else own


def evaluate_strategies(
    strategies: Sequence[Strategy],
    records: Mapping[str, Record],
    values: Values,
    *,
    fractions: int,
    region: str | None = None,
    ctv_radius_mm: float | None = None,
    response: OrganResponse | None = None,
    scores: Floats | None = None,
) -> dict[str, Floats]:
    """All outcomes of all strategies.

    Parameters
    ----------
    strategies : n of them; records : what is stated (which keys exist).
    values : a number for each record, (draws,), in one currency; see `typical_values` and
        `popmargin.burden.distributions.draw_records`.
    fractions : of the course, >= 1; region : that is imaged; ctv_radius_mm : > 0.
    response : of an organ to the margin, where the study has one for these patients.
    scores : (draws, 4) standard normal scores of the margins on lr, si, ap, and of the response;
        zeros where ``None``.

    Returns
    -------
    Each of `OUTCOMES` as (draws, n); NaN where it is not estimable.
    """
    draws = max((value.size for value in values.values()), default=1)
    found = {name: np.full((draws, len(strategies)), np.nan) for name in OUTCOMES}
    drawn = np.zeros((draws, 4)) if scores is None else scores
    per_image = {
        modality: _per_image(modality, records, values, region)
        for modality in dict.fromkeys(strategy.modality for strategy in strategies)
    }
    for place, strategy in enumerate(strategies):
        images = strategy.images
        one = per_image[strategy.modality]
        course = {name: images * value for name, value in one.items() if name != "once"}
        for name in ("cost_per_course", "marginal_cost_per_course"):
            if name in course:
                course[name] = course[name] + one["once"]
        course["images_per_course"] = np.array(images)
        for name in ("minutes", "cost", "marginal_cost"):
            if f"{name}_per_course" in course:
                course[f"{name}_per_fraction"] = course[f"{name}_per_course"] / fractions
        if strategy.margin_mm is not None:
            margins = _margin_draws(strategy, drawn[:, :3])
            course["margin_mm"] = margins.mean(axis=1)
            if ctv_radius_mm is not None:
                # A recipe can go negative; a PTV is never smaller than its CTV.
                course["ptv_cc"] = ptv_volume_cc(ctv_radius_mm, np.maximum(margins, 0.0))
            if response is not None and response.reaches(strategy.margin_mm):
                course["ntcp_percent"] = response.percent(margins, drawn[:, 3])
        for name, value in course.items():
            found[name][:, place] = value
    return found


def _per_image(
    modality: str, records: Mapping[str, Record], values: Values, region: str | None
) -> dict[str, Floats]:
    """What an image costs in every respect that can be told; ``once`` is paid once a patient."""
    zero = np.zeros(1)
    names = ("minutes_per_course", "cost_per_course", "marginal_cost_per_course")
    doses = {"imaging_dose_mgy": "organ_dose_mgy", "effective_dose_msv": "effective_dose_msv"}
    if modality == NO_MODALITY:
        return dict.fromkeys((*names, *doses, "once"), zero)
    found = {"once": values.get(f"{modality}.consumable_cost", zero)}
    if f"{modality}.added_minutes" in values:
        found["minutes_per_course"] = values[f"{modality}.added_minutes"]
    if f"{modality}.cost_per_image" in values or not set(cost_keys(modality)) - set(values):
        parts = cost_per_image(values, modality)
        found["cost_per_course"] = parts["full"]
        found["marginal_cost_per_course"] = parts["marginal"]
    for outcome, parameter in doses.items():
        key = dose_key(modality, parameter, records, region)
        if key in values:
            found[outcome] = values[key]
    return found


def _margin_draws(strategy: Strategy, scores: Floats) -> Floats:
    """(draws, 3) margins: two halves of normals that meet at the estimate, never below 0."""
    middle, low, high = (
        np.asarray(value, dtype=np.float64)
        for value in (strategy.margin_mm, strategy.margin_low_mm, strategy.margin_high_mm)
    )
    step = np.where(scores < 0, middle - low, high - middle) / _HALF_WIDTH
    return np.maximum(middle + scores * step, np.minimum(middle, 0.0))
