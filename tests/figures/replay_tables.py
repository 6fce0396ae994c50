"""Made-up tables of replayed protocols with the columns of their contracts."""

import polars as pl

from tests.figures.coverage_tables import margin_coverage

PROTOCOLS = (
    ("no_imaging", 1.0, 0.0, "exact"),
    ("nal:images=3", 0.7, 3.0, "exact"),
    ("daily_threshold:threshold_mm=3", 0.3, 35.0, "simulated"),
)


def replay_tables(margins: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Both tables for the groups of a table of margins, one recipe."""
    one = margins.filter(recipe=margins["recipe"][0])
    return {
        "replayed_errors": replayed_errors(one),
        "protocol_coverage": protocol_coverage(margins),
    }


def replayed_errors(margins: pl.DataFrame) -> pl.DataFrame:
    rows = []
    for row in margins.rows(named=True):
        for protocol, share, images, expectation in PROTOCOLS:
            left = {
                name: None if value is None or name.startswith("n_") else share * value
                for name, value in row.items()
                if name.endswith("_mm") and not name.startswith("group_mean")
            }
            kept = {name: value for name, value in row.items() if name not in left}
            for phase in ("course", "settled"):
                rows.append(
                    {
                        "group_mean_mm": 0.1, "group_mean_low_mm": -0.2, "group_mean_high_mm": 0.4,
                        **kept, **left, "protocol": protocol, "phase": phase,
                        "expected_systematic_sd_mm": left["systematic_sd_mm"],
                        "expected_random_sd_mm": left["random_sd_mm"],
                        "expected_margin_mm": left["margin_mm"], "expectation": expectation,
                        "images_per_patient": images, "corrections_per_patient": images / 3,
                        "couch_corrections_per_patient": images / 3, "postponed_per_patient": 0.0,
                        "minutes_per_patient": 4 * images, "fractions": None, "reason": None,
                        "systematic_variance_untruncated_mm2": 1.0, "confidence_level": 0.95,
                    }
                )  # fmt: skip
    strings = {"reason": pl.String, "fractions": pl.Int64}
    return pl.DataFrame(rows, schema_overrides=strings, infer_schema_length=None)


def protocol_coverage(margins: pl.DataFrame) -> pl.DataFrame:
    judged = margin_coverage(margins).filter(pl.col("kind").is_in(["recipe", "present"]))
    first = judged.filter((pl.col("kind") == "present") | (pl.col("recipe") == "van_herk"))
    return pl.concat(
        first.with_columns(protocol=pl.lit(name), phase=pl.lit("course")) for name, *_ in PROTOCOLS
    )
