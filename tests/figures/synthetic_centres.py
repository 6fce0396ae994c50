"""Places and verdicts of four centres, one of them off."""

import polars as pl

from popmargin.errors.centre_places import place_centres
from popmargin.errors.centre_rows import centre_data_of_rows
from popmargin.errors.population import estimate_population_errors
from popmargin.margins.centre_margin import judge_margin_rows
from popmargin.margins.estimate import estimate_margins
from popmargin.margins.registry import find_recipe
from tests.unit.errors.cohort_of_centres import shifts

CENTRES = {"A": (12, 0.0), "B": (25, 0.3), "C": (18, 6.0), "D": (9, -0.2)}


def centre_tables() -> dict[str, pl.DataFrame]:
    """Tables of contracts ``centre_places`` and ``centre_verdicts``."""
    rows = pl.concat(
        shifts(name, patients, seed=number, mean=mean)
        for number, (name, (patients, mean)) in enumerate(CENTRES.items())
    )
    data = centre_data_of_rows(rows.with_columns(group=pl.lit("all")))
    verdicts = []
    for centre in CENTRES:
        own, _ = estimate_population_errors([item.centres[centre] for item in data])
        margins, _ = estimate_margins(own, [find_recipe("van_herk")], covers="set-up error")
        verdicts += judge_margin_rows(margins, {"lr": 9, "si": 9, "ap": 3}, centre=centre)
    return {
        "centre_places": pl.DataFrame(place_centres(data), infer_schema_length=None),
        "centre_verdicts": pl.DataFrame(verdicts, infer_schema_length=None),
    }
