"""Change of dose from logged water-equivalent depths: an estimate for each patient and fraction.

Rows of quantity ``water_equivalent_depth`` in mm; several sides of one structure (beam directions)
of a patient and fraction make an arc, whose dose change is their mean (side ``all``). A change of
density in the path counts where it was measured: rows ``path_length`` (mm) and ``density``
(relative to water, unit 1) of one structure and side make a depth, their product, where no depth is
logged.

Assumptions and limits: those of `popmargin.anatomy.water_equivalent`; the limits of a value are
those of the beams called 6 MV, not of the depth. A patient without a depth at planning has no
change, and is counted.
"""

from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from popmargin.anatomy.series import Series
from popmargin.anatomy.water_equivalent import (
    TPR,
    arc_dose_change,
    depth_threshold_mm,
)
from popmargin.core.checks import share
from popmargin.core.exceptions import WrongUsage
from popmargin.core.flags import Flag

DEPTH: Final = "water_equivalent_depth"
PATH: Final = "path_length"
DENSITY: Final = "density"


def estimate_depth_dose(
    found: Sequence[Series],
    *,
    energy: str = "6 MV",
    tpr_20_10: float | None = None,
    threshold_share: float = 0.03,
) -> tuple[list[dict[str, Any]], list[Flag]]:
    """Rows of contract ``depth_dose`` and flags.

    Parameters
    ----------
    found : of `popmargin.anatomy.series.series_of`.
    energy : ``6 MV`` or ``10 MV``, whose range of TPR20,10 makes the limits.
    tpr_20_10 : measured of the beam, in (0, 1); then the limits are the value itself.
    threshold_share : change of dose that counts (0.03 = 3 %), in (0, 1).

    Raises
    ------
    WrongUsage
        An energy that is not known.

    Examples
    --------
    >>> from popmargin.anatomy.series import series_of
    >>> rows = [{"patient_id": "p", "course": "1", "fraction": f, "structure": "lung", "side": "",
    ...     "quantity": DEPTH, "value": v, "unit": "mm"} for f, v in ((0, 90.0), (5, 80.0))]
    >>> found = estimate_depth_dose(series_of(pl.DataFrame(rows))[0])[0]
    >>> round(found[0]["dose_change_percent"], 1), found[0]["beyond_threshold"]
    (4.0, 'yes')
    """
    share("threshold_share", threshold_share)
    if energy not in TPR:
        raise WrongUsage(f"energy: expected one of {', '.join(TPR)}, found {energy!r}")
    beams = TPR[energy] if tpr_20_10 is None else (share("tpr_20_10", tpr_20_10),)
    depths = _depths(found)
    if not depths:
        return [], []
    table = pl.concat(depths)
    key = ["patient_id", "course", "structure", "side"]
    planned = table.filter(pl.col("fraction") == 0).select(*key, planned="value")
    joined = table.filter(pl.col("fraction") > 0).join(planned, on=key, how="left")
    without = joined.filter(pl.col("planned").is_null())["patient_id"].n_unique()
    flags = []
    if without:
        message = f"{without} patients have no depth at planning (fraction 0): no dose change"
        flags.append(Flag("no_planning_value", "warn", message, patients=without))
    changes = joined.drop_nulls("planned").with_columns(
        (pl.col("value") - pl.col("planned")).alias("change")
    )
    rows = [
        _row((*head, side), values, beams, threshold_share)
        for head, part in sorted(
            changes.partition_by(
                "patient_id", "course", "structure", "fraction", as_dict=True
            ).items()
        )
        for side, values in _sides(part)
    ]
    return rows, flags


def _depths(found: Sequence[Series]) -> list[pl.DataFrame]:
    """Depths as logged, and from path and density where none is."""
    named = {s.key[:3]: s for s in found if s.key[3] in ("mm", "1")}
    rows = []
    for structure, side, quantity in sorted(named):
        place = {"structure": pl.lit(structure), "side": pl.lit(side)}
        path, density = named.get((structure, side, PATH)), named.get((structure, side, DENSITY))
        if quantity == DEPTH:
            rows.append(named[structure, side, quantity].frame.with_columns(**place))
        elif quantity == PATH and density and path and (structure, side, DEPTH) not in named:
            key = ["patient_id", "course", "fraction"]
            both = path.frame.join(density.frame, on=key, suffix="_density").sort(key)
            value = (pl.col("value") * pl.col("value_density")).alias("value")
            rows.append(both.select(*key, value).with_columns(**place))
    return rows


def _sides(part: pl.DataFrame) -> list[tuple[str, list[float]]]:
    single = [(row["side"], [row["change"]]) for row in part.sort("side").iter_rows(named=True)]
    if len(single) == 1:
        return single
    return [*single, ("all", [value for _, values in single for value in values])]


def _row(
    head: tuple[Any, ...], changes: list[float], beams: Sequence[float], threshold: float
) -> dict[str, Any]:
    patient, course, structure, fraction, side = head
    ends = sorted(100.0 * arc_dose_change(changes, tpr_20_10=tpr) for tpr in beams)
    middle = 0.5 * (ends[0] + ends[-1])
    return {
        "patient_id": patient,
        "course": course,
        "structure": structure,
        "side": side,
        "fraction": fraction,
        "depth_change_mm": sum(changes) / len(changes),
        "dose_change_percent": middle,
        "dose_change_low_percent": ends[0],
        "dose_change_high_percent": ends[-1],
        "threshold_mm": depth_threshold_mm(threshold, tpr_20_10=max(beams)),
        "beyond_threshold": "yes" if abs(middle) > 100.0 * threshold else "no",
    }
