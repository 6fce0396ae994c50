"""One number with its pedigree: range, unit, money, distribution, source and status.

Assumptions: ``low`` and ``high`` are taken as the 2.5 and 97.5 % points of what is believed of the
number. Limits: a range from one paper says nothing of another clinic; what is recalled, assumed or
unstated is "default, not validated", and every result that rests on it says so.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from popmargin.core.exceptions import RefusedInput

MONEY: Final = ("EUR", "USD", "GBP", "CHF", "SEK", "DKK", "NOK", "PLN", "CAD", "AUD", "JPY", "INR")
UNITS: Final = ("mm", "min", "h", "year", "1", "mGy", "mSv", "Gy", "J", "kg", "QALY", *MONEY)
DISTRIBUTIONS: Final = ("gamma", "lognormal", "beta", "uniform", "pert", "fixed")
# From what needs no excuse to what does: the status of a result is the last one among its inputs.
STATUSES: Final = ("site", "seen", "derived", "assumed", "recalled")
NOT_VALIDATED: Final = "default, not validated"
_LABELS: Final = {
    "site": "stated by the site",
    "seen": "published default",
    "derived": "default derived from published figures",
    "assumed": NOT_VALIDATED,
    "recalled": NOT_VALIDATED,
}


@dataclass(frozen=True, slots=True)
class Record:
    """One number: {low, typical, high, unit, money, distribution, source, status}.

    Parameters
    ----------
    key : ``scope.parameter`` or ``scope.parameter.part``, such as ``kv_cbct.added_minutes``.
    low, typical, high : finite, >= 0, ascending.
    unit : one of `UNITS`; a currency's ISO 4217 code for money.
    source : where the number comes from; never empty.
    status : one of `STATUSES`.
    distribution : one of `DISTRIBUTIONS`.
    currency, price_year : both required for money, refused elsewhere.
    note : what the reader should know.

    Raises
    ------
    RefusedInput
        Naming the key, when a value is missing, negative, not finite or out of order, the unit or
        status is unknown, or money lacks its currency or price year.

    Examples
    --------
    >>> Record("site.slot_minutes", 12, 15, 20, "min", "timing study", "site").label
    'stated by the site'
    >>> Record("x.capital_cost", 1, 2, 3, "EUR", "offer", "site", currency="EUR")
    Traceback (most recent call last):
    ...
    popmargin.core.exceptions.RefusedInput: x.capital_cost: expected a price year, found none; \
state price_year beside currency
    """

    key: str
    low: float
    typical: float
    high: float
    unit: str
    source: str
    status: str
    distribution: str = "gamma"
    currency: str | None = None
    price_year: int | None = None
    note: str = ""

    def __post_init__(self) -> None:
        for name in ("low", "typical", "high"):
            value = getattr(self, name)
            if value is None:
                raise RefusedInput(f"{self.key}.{name}", "a number", "none", "state it")
            if not math.isfinite(value) or value < 0:
                raise RefusedInput(
                    f"{self.key}.{name}", "a finite number >= 0", f"{value:g}", "correct it"
                )
        if not self.low <= self.typical <= self.high:
            found = f"{self.low:g}, {self.typical:g}, {self.high:g}"
            raise RefusedInput(self.key, "low <= typical <= high", found, "put them in order")
        self._check_one_of("unit", UNITS)
        self._check_one_of("status", STATUSES)
        self._check_one_of("distribution", DISTRIBUTIONS)
        if not self.source.strip():
            raise RefusedInput(f"{self.key}.source", "a source", "none", "say where it comes from")
        self._check_money()

    def _check_one_of(self, name: str, known: tuple[str, ...]) -> None:
        if getattr(self, name) not in known:
            found = str(getattr(self, name))
            raise RefusedInput(f"{self.key}.{name}", f"one of {', '.join(known)}", found, "choose")

    def _check_money(self) -> None:
        if self.unit not in MONEY:
            if self.currency or self.price_year:
                raise RefusedInput(
                    self.key, f"no currency for the unit {self.unit}", "one", "leave it out"
                )
            return
        if self.currency is None:
            raise RefusedInput(self.key, "a currency", "none", "state currency beside the amount")
        if self.currency != self.unit:
            raise RefusedInput(self.key, f"unit {self.currency}", self.unit, "state one currency")
        if self.price_year is None:
            raise RefusedInput(self.key, "a price year", "none", "state price_year beside currency")
        if not 1950 <= self.price_year <= 2100:
            raise RefusedInput(
                f"{self.key}.price_year", "a year", str(self.price_year), "correct it"
            )

    @property
    def validated(self) -> bool:
        """Whether the number was measured here or seen in print."""
        return _LABELS[self.status] != NOT_VALIDATED

    @property
    def label(self) -> str:
        """Status in words."""
        return _LABELS[self.status]


def status_of(records: Iterable[Record]) -> str:
    """Status of a result: that of its weakest input, in words.

    >>> status_of([])
    'stated by the site'
    """
    return _LABELS[max((record.status for record in records), key=STATUSES.index, default="site")]


def unvalidated(records: Iterable[Record]) -> list[str]:
    """Keys of the inputs that are defaults without validation, each once, in their order.

    >>> unvalidated([Record("site.rtt_count", 2, 6, 9, "1", "guess", "assumed")])
    ['site.rtt_count']
    """
    return list(dict.fromkeys(record.key for record in records if not record.validated))
