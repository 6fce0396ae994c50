"""What a margin recipe is: a formula with its pedigree, its options and its conditions.

A recipe turns a systematic SD and a random SD into a CTV-to-PTV (or organ-to-PRV) margin. It
covers only what its two SDs cover, and gives what it promises only under its own conditions:
`Recipe.remarks` says so for the values at hand, and `popmargin.margins.coverage` says what share
of patients a margin really serves.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import non_negative
from popmargin.core.exceptions import WrongUsage
from popmargin.core.flags import Flag
from popmargin.margins.effective_errors import effective_errors
from popmargin.margins.remarks import RemarkFunction, few_fractions, negative_margin

RecipeStatus = Literal["seen", "recalled, unvalidated"]
Options = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Recipe:
    """One published margin formula.

    Attributes
    ----------
    name : name on the command line and in the config.
    formula : plain text (S systematic SD, s random SD, sp penumbra SD, mm).
    source : citation, with DOI where known.
    status : ``seen`` in the source or reproduced from its printed numbers, or
        ``recalled, unvalidated``.
    conditions : what must hold for the recipe to give what it promises.
    limits : what the recipe cannot tell.
    function : vectorised closed formula ``function(systematic_sd_mm, random_sd_mm, **options)``.
    options : names of the keyword options that the recipe takes; others are refused.
    remark_functions : checks of the values at hand that belong to this recipe.

    Examples
    --------
    >>> from popmargin.margins.registry import find_recipe
    >>> float(find_recipe("van_herk_linear").margin(3.0, 3.0))
    9.6
    """

    name: str
    formula: str
    source: str
    status: RecipeStatus
    conditions: str
    limits: str
    function: Callable[..., NDArray[np.float64]]
    options: frozenset[str] = frozenset()
    remark_functions: tuple[RemarkFunction, ...] = ()

    def check_options(self, options: Options) -> None:
        """Refuse an option that the recipe does not take.

        Raises
        ------
        WrongUsage
            Naming the recipe, the option and the options that it takes.
        """
        for option in sorted(set(options) - self.options):
            taken = ", ".join(sorted(self.options)) or "none, its coefficients are fixed"
            raise WrongUsage(f"recipe {self.name}: takes no option {option} (takes: {taken})")

    def margin(
        self,
        systematic_sd_mm: ArrayLike,
        random_sd_mm: ArrayLike,
        *,
        fractions: int | None = None,
        options: Options | None = None,
    ) -> NDArray[np.float64]:
        """Margin in mm, of the broadcast shape of the two SDs.

        Parameters
        ----------
        systematic_sd_mm, random_sd_mm : array_like
            Standard deviations in mm, finite and >= 0.
        fractions : int, optional
            With a whole number >= 1 the effective errors of that course are used in place of the
            two SDs (see `effective_errors`); without, the errors are used as they are.
        options : mapping, optional
            Values of the recipe's own options.

        Raises
        ------
        OutOfRange
            For a negative or non-finite SD, fewer than one fraction, or an option out of range.
        WrongUsage
            For an option that the recipe does not take.
        """
        chosen = options or {}
        self.check_options(chosen)
        systematic = non_negative("systematic_sd_mm", systematic_sd_mm)
        random = non_negative("random_sd_mm", random_sd_mm)
        if fractions is not None:
            systematic, random = effective_errors(systematic, random, fractions=fractions)
        return np.asarray(self.function(systematic, random, **chosen), dtype=np.float64)

    def remarks(
        self,
        systematic_sd_mm: float,
        random_sd_mm: float,
        *,
        fractions: int | None = None,
        options: Options | None = None,
    ) -> list[Flag]:
        """What the reader of one margin must know: use outside the recipe's conditions.

        Parameters are those of `margin`, for one pair of SDs. The list is empty when there is
        nothing to say.

        Examples
        --------
        >>> from popmargin.margins.registry import find_recipe
        >>> [flag.code for flag in find_recipe("van_herk_linear").remarks(1.0, 1.0)]
        ['linear_random_term']
        """
        chosen = options or {}
        margin = float(
            self.margin(systematic_sd_mm, random_sd_mm, fractions=fractions, options=chosen)
        )
        flags = few_fractions(systematic_sd_mm, random_sd_mm, fractions)
        for remark in self.remark_functions:
            flags += remark(random_sd_mm, chosen)
        return flags + negative_margin(self.name, margin)
