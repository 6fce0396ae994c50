"""What the explorer starts from: errors by group and axis with joint draws, and the settings.

The draws are those behind the study's intervals, so that the page's intervals are the tables'.
Limits: the explorer's intervals carry the uncertainty of the data's two SDs only, and only for
values that the data gave; a value set by hand has none.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from popmargin.core.axes import TRANSLATIONS
from popmargin.errors.population import AxisEstimate
from popmargin.margins.registry import find_recipe

# The draws of a group take 130 kB of a page.
GROUPS: Final = 20
# Points of single patients on a page; a study of thousands shows the first.
PATIENTS: Final = 400
# The recipes that the page can compute: each has its twin in explorer_numbers.js.
EXPLORED: Final = (
    "van_herk", "van_herk_linear", "van_herk_lung_80", "van_herk_tcp", "stroom", "parker",
    "icru62_linear", "icru62_quadrature", "yoda", "antolak_rosen", "bel",
)  # fmt: skip


def explorer_data(
    estimates: Sequence[AxisEstimate],
    unit_summaries: pl.DataFrame,
    *,
    settings: Mapping[str, Any],
    protocols: pl.DataFrame | None = None,
    synthetic: Iterable[str] = (),
) -> dict[str, Any]:
    """Everything on the explorer's page that is not code.

    Parameters
    ----------
    estimates : population errors of one estimator; rotations and what has no interval stay out.
    unit_summaries : table after the contract of that name.
    settings : ``confidence_level``, ``recipe``, ``penumbra_sd_mm``, ``dose_level``,
        ``population``, ``ctv_radius_mm``, ``fractions`` and ``recipe_fractions`` (or None).
    protocols : table after the contract ``replayed_errors``, where protocols were replayed.
    synthetic : labels of the sources that are simulated.

    Returns
    -------
    Plain data for JSON; ``groups``, at most 20 with most patients, is empty when no group has
    three measured axes.
    """
    by_group: dict[str, dict[str, AxisEstimate]] = {}
    for item in estimates:
        if item.axis in TRANSLATIONS and item.estimate.draws is not None:
            by_group.setdefault(item.group, {})[item.axis] = item
    whole = {group: axes for group, axes in by_group.items() if set(axes) == set(TRANSLATIONS)}
    most = sorted(whole, key=lambda group: -whole[group]["lr"].source.n_patients)[:GROUPS]
    groups = [
        {
            "group": group,
            "axes": [_axis(axes[axis]) for axis in TRANSLATIONS],
            "patients": _patients(unit_summaries.filter(group=group)),
            "protocols": _protocols(protocols, group),
        }
        for group, axes in whole.items()
        if group in most
    ]
    recipes = [find_recipe(name) for name in EXPLORED]
    return {
        "groups": groups,
        "recipes": [
            {
                "name": r.name,
                "formula": r.formula,
                "conditions": r.conditions,
                "status": r.status,
                "options": sorted(r.options),
            }
            for r in recipes
        ],
        "settings": dict(settings),
        "synthetic": list(synthetic),
    }


def explorer_settings(
    confidence_level: float, margins: Mapping[str, Any], target: Mapping[str, Any]
) -> dict[str, Any]:
    """What the controls start from: the study's own where stated, a middling target where not.

    >>> margins = {"recipes": ["parker"], "penumbra_sd_mm": 3.2, "dose_level": 0.95,
    ...            "population": 0.9, "fractions": None}
    >>> explorer_settings(0.95, margins, {"ctv_radius_mm": None, "fractions": 5})["ctv_radius_mm"]
    30.0
    """
    recipes = [name for name in margins["recipes"] if name in EXPLORED]
    return {
        "confidence_level": confidence_level,
        "recipe": recipes[0] if recipes else EXPLORED[0],
        # The page's coverage needs a penumbra that is not a step.
        "penumbra_sd_mm": max(margins["penumbra_sd_mm"], 0.5),
        "dose_level": margins["dose_level"],
        "population": margins["population"],
        "recipe_fractions": margins["fractions"],
        "ctv_radius_mm": target["ctv_radius_mm"] or 30.0,
        "fractions": target["fractions"] or 30,
    }


def _axis(item: AxisEstimate) -> dict[str, Any]:
    draws = item.estimate.draws
    pairs = [] if draws is None else [draws.between_sd, draws.within_sd]
    packed = np.column_stack(pairs).astype("<f4").tobytes()
    return {
        "axis": item.axis,
        "n_patients": item.source.n_patients,
        "group_mean_mm": item.estimate.group_mean,
        "systematic_sd_mm": item.estimate.systematic_sd,
        "random_sd_mm": item.estimate.random_sd,
        "draws": base64.b64encode(packed).decode(),
    }


def _patients(summaries: pl.DataFrame) -> list[dict[str, Any]]:
    """Mean and SD of each unit and axis; patients are numbered, their ids stay in the tables."""
    rows = []
    for axis in TRANSLATIONS:
        part = summaries.filter(axis=axis).head(PATIENTS)
        rows += [
            {"axis": axis, "number": number, "mean": mean, "sd": sd, "n": n}
            for number, (mean, sd, n) in enumerate(
                part.select("mean", "sd", "n_fractions").iter_rows(), start=1
            )
        ]
    return rows


def _protocols(replayed: pl.DataFrame | None, group: str) -> list[dict[str, Any]]:
    """Residual errors of each replayed protocol that has all three axes."""
    if replayed is None or replayed.is_empty():
        return []
    known = replayed.filter(
        pl.col("group") == group,
        pl.col("phase") == "course",
        pl.col("systematic_sd_mm").is_not_null(),
        pl.col("random_sd_mm").is_not_null(),
    )
    found = []
    for (name,), part in known.group_by("protocol", maintain_order=True):
        rows = {row["axis"]: row for row in part.to_dicts()}
        if set(TRANSLATIONS) <= set(rows):
            found.append(
                {
                    "protocol": name,
                    "systematic_sd_mm": [rows[a]["systematic_sd_mm"] for a in TRANSLATIONS],
                    "random_sd_mm": [rows[a]["random_sd_mm"] for a in TRANSLATIONS],
                    "images": rows[TRANSLATIONS[0]]["images_per_patient"],
                }
            )
    return found
