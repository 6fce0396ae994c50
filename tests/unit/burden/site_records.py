"""A site's own numbers for tests: round, in one currency, exact where the test counts on it."""


def record(typical, unit, *, low=None, high=None, **more):
    low, high = typical if low is None else low, typical if high is None else high
    return {"low": low, "typical": typical, "high": high, "unit": unit, "source": "test", **more}


def money(typical, *, currency="EUR", price_year=2020, **more):
    return record(typical, currency, currency=currency, price_year=price_year, **more)


SITE = {
    "site.rtt_cost_per_year": money(54000, low=40000, high=70000),
    "site.rtt_minutes_per_year": record(90000, "min", low=80000, high=100000),
    "site.physicist_cost_per_year": money(90000, low=80000, high=110000),
    "site.physicist_minutes_per_year": record(90000, "min"),
    "site.physician_cost_per_year": money(126000, low=110000, high=150000),
    "site.physician_minutes_per_year": record(90000, "min"),
    "site.machine_cost_per_year": money(400000, low=300000, high=600000),
    "site.machine_minutes_per_year": record(115000, "min", low=105000, high=119000),
    "site.beam_integral_dose_j": record(150, "J", low=100, high=250),
}
