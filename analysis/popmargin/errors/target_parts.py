"""What a measured target error is made of: set-up error and organ motion, with their draws.

The match on soft tissue or markers measures the total of both; the match on bone measures one of
its parts. Variances and covariance of the parts come from the fractions with both matches, their
draws from `popmargin.statistics.correlation`.

Assumptions and limits: those of `popmargin.errors.organ_motion`. A part whose variance between
patients is not above 0 counts as 0.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from popmargin.core.axes import TRANSLATIONS
from popmargin.core.exceptions import NotEstimable
from popmargin.errors.organ_motion import matched_pairs, measured_along, setup_and_motion
from popmargin.statistics.correlation import between_draws, within_draws
from popmargin.statistics.covariance import covariance_components
from popmargin.statistics.size_table import FloatArray
from popmargin.statistics.vector_table import VectorTable

Kind = Literal["systematic", "random"]
_PAIR: Final = (0, 1)


@dataclass(frozen=True, slots=True, eq=False)
class TargetParts:
    """Set-up error and organ motion of one group, axis and kind.

    Attributes
    ----------
    setup_variance_mm2, motion_variance_mm2, covariance_mm2 : estimates, untruncated, in mm^2.
    draws_mm2 : generalised draws of the three, shape (3, draws).
    """

    group: str
    axis: str
    kind: Kind
    setup_variance_mm2: float
    motion_variance_mm2: float
    covariance_mm2: float
    draws_mm2: FloatArray


def estimate_target_parts(
    shifts: pl.LazyFrame | pl.DataFrame | None,
    *,
    setup: str = "bone",
    target: str = "soft_tissue",
    timing: str = "before_correction",
    group_by: Sequence[str] = (),
    seed: int = 1,
    draws: int = 4000,
) -> list[TargetParts]:
    """Set-up error and organ motion of every group, axis and kind with both matches.

    Parameters
    ----------
    shifts, setup, target, timing, group_by : as in
        `popmargin.errors.organ_motion.estimate_organ_motion`; no shifts give no parts.
    seed, draws : of the draws.

    Returns
    -------
    Nothing for a group, axis and kind that is not estimable.

    Raises
    ------
    RefusedInput
        When no fraction has both matches.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> bone = rng.normal(size=40)
    >>> matches = [("bone", bone), ("soft_tissue", bone + rng.normal(size=40))]
    >>> parts = estimate_target_parts(pl.concat([pl.DataFrame({
    ...     "patient_id": np.repeat(list("abcdefghij"), 4), "fraction": [1, 2, 3, 4] * 10,
    ...     "surrogate": name, "ap_mm": values}) for name, values in matches]))
    >>> [(part.axis, part.kind, part.draws_mm2.shape) for part in parts]
    [('ap', 'systematic', (3, 4000)), ('ap', 'random', (3, 4000))]
    """
    if shifts is None:
        return []
    pairs, _ = matched_pairs(
        shifts.lazy(), setup=setup, target=target, timing=timing, group_by=group_by
    )
    found: list[TargetParts] = []
    for (group,), members in sorted(pairs.partition_by("group", as_dict=True).items()):
        for axis in TRANSLATIONS:
            measured = measured_along(axis, members)
            if measured.is_empty():
                continue
            table = VectorTable.from_values(*setup_and_motion(axis, measured))
            parts = covariance_components(table)
            kinds: tuple[tuple[Kind, FloatArray | None, Callable[..., FloatArray]], ...] = (
                ("systematic", parts.between, between_draws),
                ("random", parts.within, within_draws),
            )
            for kind, matrix, draw in kinds:
                with suppress(NotEstimable):
                    drawn = draw(table, _PAIR, seed=seed, draws=draws)
                    if matrix is not None:
                        found.append(TargetParts(str(group), axis, kind, *_three(matrix), drawn))
    return found


def _three(matrix: FloatArray) -> tuple[float, float, float]:
    return float(matrix[0, 0]), float(matrix[1, 1]), float(matrix[0, 1])
