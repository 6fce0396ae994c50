"""Speed of the probabilistic sensitivity analysis of the burden of imaging.

``python benchmarks/burden_speed.py [--draws 1000] [--repeats 5]`` prints a markdown table for 12
protocols x 8 modalities: the outcomes of every draw alone (the analysis), and all tables of the
trade-off (rows with intervals, frontiers, acceptability, tornado, value of information). Margins
are given, nothing is replayed. The target is 10 s for 1,000 draws.
"""

import argparse
import time

from popmargin.burden.acceptability import acceptability_rows
from popmargin.burden.burden_rows import burden_rows
from popmargin.burden.comparison import Comparison
from popmargin.burden.question import BurdenQuestion, burden_question
from popmargin.burden.sensitivity import sensitivity_rows
from popmargin.burden.strategies import Strategy

MODALITIES = (
    "kv_cbct", "kv_planar", "mv_planar", "mvct", "surface", "ultrasound", "mv_cbct",
    "stereoscopic_kv",
)  # fmt: skip
PROTOCOLS = tuple(f"nal:images={images}" for images in range(1, 13))
STAFF = ("rtt", "physicist", "physician")


def record(typical: float, unit: str) -> dict[str, object]:
    """A made-up record, a fifth wide on both sides."""
    money = {"currency": unit, "price_year": 2020} if unit == "EUR" else {}
    limits = {"low": 0.8 * typical, "typical": typical, "high": 1.2 * typical}
    return {**limits, "unit": unit, "source": "made up", **money}


def question(draws: int) -> BurdenQuestion:
    """Twelve protocols, eight modalities, every cost stated."""
    site = {
        **{f"site.{who}_cost_per_year": record(60000, "EUR") for who in STAFF},
        **{f"site.{who}_minutes_per_year": record(90000, "min") for who in STAFF},
        "site.machine_cost_per_year": record(400000, "EUR"),
        "site.machine_minutes_per_year": record(115000, "min"),
    }
    section = {"protocols": PROTOCOLS, "modalities": MODALITIES, "records": site, "draws": draws}
    asked = burden_question(section, fractions=35, ctv_radius_mm=30.0)
    if asked is None:
        raise SystemExit("no question")
    return asked


def compared(asked: BurdenQuestion) -> Comparison:
    """A fresh comparison: nothing of it has been computed."""
    strategies = [
        Strategy(protocol, modality, "bone", float(images), *[(9.0 - 0.5 * images,) * 3] * 3)
        for images, protocol in enumerate(PROTOCOLS, start=1)
        for modality in MODALITIES
    ]
    return Comparison("all", asked, tuple(strategies))


def best_of(repeats: int, work) -> float:
    """Shortest time of some repeats, in seconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    asked = question(options.draws)

    def analysis():
        return compared(asked).drawn

    def everything():
        comparison = compared(asked)
        return burden_rows(comparison), acceptability_rows(comparison), sensitivity_rows(comparison)

    print("| draws | protocols x modalities | analysis, s | all tables, s | target, s |")
    print("|---|---|---|---|---|")
    found = [best_of(options.repeats, work) for work in (analysis, everything)]
    print(f"| {options.draws} | 12 x 8 | {found[0]:.2f} | {found[1]:.2f} | 10 |")


if __name__ == "__main__":
    main()
