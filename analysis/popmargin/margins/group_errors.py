"""The errors of one group on all three axes, with their draws: what its coverage is computed from.

Assumptions: the errors of the three axes go together as measured, and are independent where that
was not measured; declared components are independent of the data and between axes; the estimates
of the three axes are independent; the group mean is found and corrected. Limits: an axis that was
not measured or is not estimable leaves the whole group without coverage, because a target moves
along all three.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from popmargin.core.axes import TRANSLATIONS
from popmargin.core.random_streams import random_stream
from popmargin.errors.population import AxisEstimate
from popmargin.margins.component_draws import add_components
from popmargin.margins.course_errors import CourseErrors
from popmargin.margins.error_budget import (
    ErrorComponent,
    Kind,
    budget_margin,
    combine_components,
    components_for,
    describe_coverage,
    is_whole_budget,
)
from popmargin.margins.recipe import Options, Recipe
from popmargin.margins.scenario_errors import correlation_matrix

_COVERED_DRAWS: Final = 200
Matrix = NDArray[np.float64]
Draws = tuple[NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True, slots=True, eq=False)
class GroupErrors:
    """Error components of a group, those of the data first.

    Attributes
    ----------
    group : label; ``columns`` : values of the group columns; ``n_patients`` : fewest on an axis.
    covers : what the components hold, in words.
    components : empty where the group has no coverage, for ``reason``.
    draws : systematic and random SDs in mm, each of shape (draws, 3), that the data leave possible.
    reason : why there is no coverage; empty otherwise.
    correlations : of the data's systematic and random errors between axes, shape (3, 3) each;
        ``None`` where not measured.
    """

    group: str
    columns: Mapping[str, str | None]
    n_patients: int
    covers: str
    components: tuple[ErrorComponent, ...]
    draws: Draws
    reason: str = ""
    correlations: tuple[Matrix | None, Matrix | None] = (None, None)

    def errors(self) -> CourseErrors:
        """All components together; offsets displace every patient."""
        axes = [combine_components(self.components, axis) for axis in TRANSLATIONS]
        systematic = [axis.systematic_sd_mm for axis in axes]
        random = [axis.random_sd_mm for axis in axes]
        return CourseErrors(
            systematic,
            random,
            [axis.offset_mm for axis in axes],
            self._correlation("systematic", systematic),
            self._correlation("random", random),
        )

    def _correlation(self, kind: Kind, whole_sd_mm: Sequence[float]) -> Matrix | None:
        """Correlation of data and components: only the data's part goes together."""
        measured = self.correlations[("systematic", "random").index(kind)]
        if measured is None:
            return None
        # The data's components stand first, one of each kind.
        own = next(part for part in self.components if part.kind == kind)
        share = np.array([own.value(axis) for axis in TRANSLATIONS])
        whole = np.asarray(whole_sd_mm)
        share = np.divide(share, whole, out=np.zeros(3), where=whole > 0.0)
        matrix = measured * np.outer(share, share)
        np.fill_diagonal(matrix, 1.0)
        return matrix

    @property
    def is_data_only(self) -> bool:
        """Whether nothing is declared beside the errors of the data, which logs can speak of."""
        # The data have one component of each kind.
        return len(self.components) <= len(("systematic", "random"))

    def some_draws(self) -> Draws:
        """As many draws as are worth a coverage each."""
        systematic, random = self.draws
        return systematic[:_COVERED_DRAWS], random[:_COVERED_DRAWS]

    def margin(
        self, recipe: Recipe, fractions: int | None, options: Options
    ) -> tuple[float, float, float]:
        """Margin of a recipe along lr, si and ap in mm; it gets the options that it takes."""
        taken = {name: value for name, value in options.items() if name in recipe.options}
        lr, si, ap = (
            budget_margin(self.components, axis, recipe, fractions=fractions, options=taken)
            for axis in TRANSLATIONS
        )
        return lr, si, ap


def group_errors(
    estimates: Sequence[AxisEstimate],
    *,
    covers: str,
    seed: int,
    correlations: Sequence[Mapping[str, Any]] = (),
) -> list[GroupErrors]:
    """Errors of every group from its estimates, one estimator.

    Parameters
    ----------
    estimates : population errors of all groups; rotations are left out.
    covers : what the data hold, in words.
    seed : >= 0, of the order in which draws of the three axes are put together.
    correlations : rows of `popmargin.errors.correlations.estimate_axis_correlations`; groups
        without rows have independent axes.

    Returns
    -------
    One entry a group; a group without all three axes has no component and says why.

    Examples
    --------
    >>> group_errors([], covers="set-up error", seed=1)
    []
    """
    found: dict[str, dict[str, AxisEstimate]] = {}
    for item in estimates:
        if item.axis in TRANSLATIONS:
            found.setdefault(item.group, {})[item.axis] = item
    return [
        replace(
            _group(group, axes, covers, seed),
            correlations=(
                correlation_matrix(correlations, group, "systematic"),
                correlation_matrix(correlations, group, "random"),
            ),
        )
        for group, axes in found.items()
    ]


def with_components(
    group: GroupErrors, components: Sequence[ErrorComponent], complete: bool, *, seed: int = 1
) -> GroupErrors:
    """The group with further components; SDs without degrees of freedom are taken as known.

    >>> empty = np.zeros((1, 3))
    >>> part = ErrorComponent("set-up", "systematic", 3, 3, 3, "data")
    >>> other = ErrorComponent("delineation", "systematic", 4, 4, 4, "study")
    >>> group = GroupErrors("all", {}, 10, "set-up only", (part,), (empty + 3.0, empty))
    >>> with_components(group, [other], False).draws[0].tolist()
    [[5.0, 5.0, 5.0]]
    """
    if group.reason:
        return group
    every = (*group.components, *components)
    systematic, random = group.draws
    axes = [
        add_components(
            0.0,
            0.0,
            components,
            axis,
            systematic_draws_mm=systematic[:, place],
            random_draws_mm=random[:, place],
            seed=seed,
        )
        for place, axis in enumerate(TRANSLATIONS)
    ]
    return replace(
        group,
        covers=describe_coverage(every, is_whole_budget(components, complete)),
        components=every,
        draws=(
            np.column_stack([axis.systematic_draws_mm for axis in axes]),
            np.column_stack([axis.random_draws_mm for axis in axes]),
        ),
    )


def with_budget(
    groups: Sequence[GroupErrors],
    components: Sequence[ErrorComponent],
    complete: bool,
    *,
    seed: int = 1,
) -> list[GroupErrors]:
    """The groups with the errors of the data and, where a budget adds some, with all of them.

    >>> with_budget([], [], False)
    []
    """
    if not components:
        return list(groups)
    wholes = [
        with_components(group, own, complete, seed=seed)
        for group in groups
        if not group.reason and (own := components_for(group.group, components))
    ]
    return [*groups, *wholes]


def _group(group: str, axes: Mapping[str, AxisEstimate], covers: str, seed: int) -> GroupErrors:
    first = next(iter(axes.values()))
    patients = min(item.source.n_patients for item in axes.values())
    none = np.zeros((0, 3))
    empty = GroupErrors(group, first.source.columns, patients, covers, (), (none, none))
    lacking = [axis for axis in TRANSLATIONS if axis not in axes]
    if lacking:
        return replace(empty, reason=f"not estimable: axis {', '.join(lacking)} not measured")
    systematic_sds: list[float] = []
    random_sds: list[float] = []
    draws: list[Draws] = []
    for axis in TRANSLATIONS:
        estimate = axes[axis].estimate
        systematic, random, drawn = estimate.systematic_sd, estimate.random_sd, estimate.draws
        if systematic is None or random is None or drawn is None:
            return replace(empty, reason=estimate.reason or "not estimable")
        systematic_sds.append(systematic)
        random_sds.append(random)
        # Axes share their point set: without this their draws would rise and fall together.
        chosen = random_stream(seed, "draws of an axis", axis).permutation(len(drawn.between_sd))
        draws.append((drawn.between_sd[chosen], drawn.within_sd[chosen]))
    components = (
        _component(covers, "systematic", systematic_sds),
        _component(covers, "random", random_sds),
    )
    systematic_draws, random_draws = (np.column_stack(part) for part in zip(*draws, strict=True))
    return replace(empty, components=components, draws=(systematic_draws, random_draws))


def _component(covers: str, kind: Kind, sds: Sequence[float]) -> ErrorComponent:
    lr, si, ap = sds
    return ErrorComponent(covers.replace(" only", ""), kind, lr, si, ap, "data of the study")
