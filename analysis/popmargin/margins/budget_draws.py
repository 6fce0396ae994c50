"""The margin of an error budget on every draw of its errors: what its intervals are made of.

Assumptions and limits: those of `popmargin.margins.component_draws`; parts of a measured total err
with it by the same factor, because a total without a part is drawn as the total itself.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from popmargin.core.axes import TRANSLATIONS
from popmargin.margins.combine import offset_sum
from popmargin.margins.component_draws import component_draws
from popmargin.margins.error_budget import ErrorComponent
from popmargin.margins.group_errors import GroupErrors
from popmargin.margins.recipe import Options, Recipe

Vector = NDArray[np.float64]


class BudgetDraws:
    """Margins of one group's budget on draws of the SDs of its data and components.

    >>> from popmargin.margins.registry import find_recipe
    >>> part = ErrorComponent("set-up", "systematic", 3, 3, 3, "data")
    >>> draws = np.full((5, 3), 3.0), np.zeros((5, 3))
    >>> group = GroupErrors("all", {}, 10, "set-up only", (part,), draws)
    >>> BudgetDraws(group, find_recipe("stroom"), None, {}, 1).margin([part], "lr").tolist()
    [6.0, 6.0, 6.0, 6.0, 6.0]
    """

    def __init__(
        self,
        group: GroupErrors,
        recipe: Recipe,
        fractions: int | None,
        options: Options,
        seed: int,
    ) -> None:
        self._data = dict(zip(("systematic", "random"), group.draws, strict=True))
        self._measured = {(part.component, part.kind) for part in group.components}
        self._recipe, self._fractions, self._options = recipe, fractions, options
        self._seed = seed

    def data(self, kind: str, axis: str) -> Vector:
        """Draws of the data's SD of a kind along an axis, in mm."""
        return self._data[kind][:, TRANSLATIONS.index(axis)]

    def margin(
        self,
        components: Sequence[ErrorComponent],
        axis: str,
        in_place: Mapping[str, Vector] | None = None,
    ) -> Vector:
        """Margin in mm of components on every draw, shape (draws,).

        Parameters: components, those of the data among them; one of lr, si, ap; draws of an SD by
        kind that take the place of the data's.
        """
        variances = {kind: np.zeros(len(draws)) for kind, draws in self._data.items()}
        for part in components:
            if part.kind != "offset" and part.part_of is None:
                variances[part.kind] += self._draws(part, axis, in_place or {}) ** 2
        offset = offset_sum([part.value(axis) for part in components if part.kind == "offset"])
        margin = self._recipe.margin(
            np.sqrt(variances["systematic"]),
            np.sqrt(variances["random"]),
            fractions=self._fractions,
            options=self._options,
        )
        return np.asarray(margin + abs(offset))

    def _draws(self, part: ErrorComponent, axis: str, in_place: Mapping[str, Vector]) -> Vector:
        if (part.component, part.kind) in self._measured:
            return in_place.get(part.kind, self.data(part.kind, axis))
        count = len(self._data[part.kind])
        return component_draws(part, axis, count, seed=self._seed)
