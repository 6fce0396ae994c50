"""One group's strategies with every outcome, at the typical values and over the draws."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from popmargin.burden.distributions import draw_records
from popmargin.burden.evaluate import (
    OUTCOMES,
    Values,
    evaluate_strategies,
    needed_keys,
    typical_values,
)
from popmargin.burden.money import discount_factor
from popmargin.burden.net_benefit import net_benefit
from popmargin.burden.question import BurdenQuestion
from popmargin.burden.record import Record, unvalidated
from popmargin.burden.response import OrganResponse
from popmargin.burden.strategies import NO_MODALITY, Strategy
from popmargin.core.exceptions import OutOfRange
from popmargin.core.random_streams import random_stream

Floats = NDArray[np.float64]
WITHHELD = "withheld by a blocking flag"


@dataclass(frozen=True)
class Comparison:
    """Strategies of one group; the first is the reference.

    Attributes
    ----------
    group : its label; question : what the study asks; strategies : n of them, at least one.
    response : of an organ to the margin, ``None`` where the study has none for the group.
    """

    group: str
    question: BurdenQuestion
    strategies: tuple[Strategy, ...]
    response: OrganResponse | None = None

    def __post_init__(self) -> None:
        if not self.strategies:
            raise OutOfRange("strategies", "at least one", "none")

    @property
    def region(self) -> str | None:
        """Region that is imaged, ``None`` where not stated."""
        return self.question.regions.get(self.group)

    @cached_property
    def used_records(self) -> dict[str, Record]:
        """The records of the modalities compared, of the site and of toxicity."""
        names = {strategy.modality for strategy in self.strategies} - {NO_MODALITY}
        scopes = ("site.", "toxicity.", *(f"{name}." for name in names))
        return {k: r for k, r in self.question.records.items() if k.startswith(scopes)}

    @cached_property
    def values(self) -> Values:
        """(draws,) of every record in use."""
        return draw_records(self.used_records, self.question.draws, self.question.seed)

    @cached_property
    def typical(self) -> dict[str, Floats]:
        """Outcomes at the typical values, (n,)."""
        found = self.outcomes(typical_values(self.used_records))
        return {name: value[0] for name, value in found.items()}

    @cached_property
    def drawn(self) -> dict[str, Floats]:
        """Outcomes of every draw, (draws, n)."""
        rng = random_stream(self.question.seed, "burden", "margin", self.group)
        of_response = random_stream(self.question.seed, "burden", "response", self.group)
        draws = self.question.draws
        scores = np.column_stack(
            [rng.standard_normal((draws, 3)), of_response.standard_normal(draws)]
        )
        return self.outcomes(self.values, scores)

    def outcomes(self, values: Values, scores: Floats | None = None) -> dict[str, Floats]:
        """Outcomes for other values of the records; see `evaluate_strategies`."""
        return evaluate_strategies(
            self.strategies,
            self.used_records,
            values,
            fractions=self.question.fractions,
            region=self.region,
            ctv_radius_mm=self.question.ctv_radius_mm,
            response=self.response,
            scores=scores,
        )

    def records_behind(self, place: int, outcomes: Sequence[str] = OUTCOMES) -> list[Record]:
        """The stated records that these outcomes of a strategy rest on."""
        strategy = self.strategies[place]
        keys = [
            key
            for outcome in outcomes
            for key in needed_keys(strategy, outcome, self.used_records, self.region)
        ]
        return [self.used_records[k] for k in dict.fromkeys(keys) if k in self.used_records]

    def rests_on(self, place: int, outcomes: Sequence[str] = OUTCOMES) -> list[str]:
        """Keys of the unvalidated defaults behind these outcomes, and an unvalidated response."""
        found = unvalidated(self.records_behind(place, outcomes))
        if "ntcp_percent" in outcomes and self.response and not self.response.validated:
            found.append(self.response.key)
        return found

    @property
    def has_toxicity(self) -> bool:
        """Whether effects are QALYs, because the site states what toxicity does."""
        needed = {f"toxicity.{name}" for name in ("probability_per_mm", "qaly_loss_per_event")}
        return needed <= set(self.used_records)

    @property
    def effect_unit(self) -> str:
        """What the willingness to pay buys: ``mm of margin`` or ``QALY``."""
        return "QALY" if self.has_toxicity else "mm of margin"

    def effects_and_costs(
        self, outcomes: dict[str, Floats], values: Values
    ) -> tuple[Floats, Floats]:
        """Effect gained and cost added against the reference, (draws, n); NaN where unknown."""
        saved = outcomes["margin_mm"][:, :1] - outcomes["margin_mm"]
        cost = outcomes["cost_per_course"] - outcomes["cost_per_course"][:, :1]
        if not self.has_toxicity:
            return saved, cost
        avoided = saved * values["toxicity.probability_per_mm"][:, None]
        avoided = avoided * event_discount(values)[:, None]
        per_event = values.get("toxicity.cost_per_event", np.zeros(1))
        return (
            avoided * values["toxicity.qaly_loss_per_event"][:, None],
            cost - avoided * per_event[:, None],
        )

    def benefits(
        self, outcomes: dict[str, Floats], values: Values, willingness_to_pay: float
    ) -> Floats:
        """Net benefit against the reference of the `comparable` strategies, (draws, k)."""
        effect, cost = self.effects_and_costs(outcomes, values)
        kept = self.comparable
        return net_benefit(effect[:, kept], cost[:, kept], willingness_to_pay)

    @cached_property
    def comparable(self) -> list[int]:
        """Places of the strategies whose cost and effect are both known."""
        known = np.isfinite(self.typical["margin_mm"]) & np.isfinite(
            self.typical["cost_per_course"]
        )
        return [int(place) for place in np.flatnonzero(known)] if known[0] else []


def event_discount(values: Values) -> Floats:
    """What an event of toxicity counts today: discounted where the site states when it comes.

    >>> event_discount({"site.discount_rate": np.array([0.25])}).tolist()
    [1.0]
    """
    years = values.get("toxicity.years_to_event", np.zeros(1))
    return discount_factor(values.get("site.discount_rate", np.zeros(1)), years)


def withhold(comparison: Comparison) -> Comparison:
    """The comparison without margins: a blocking flag stands that nobody answers for."""
    bare = [
        replace(strategy, margin_mm=None, margin_low_mm=None, margin_high_mm=None, reason=WITHHELD)
        for strategy in comparison.strategies
    ]
    return replace(comparison, strategies=tuple(bare))
