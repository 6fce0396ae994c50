"""A small synthetic study: config, account, provenance and every table that the report shows."""

import polars as pl

from tests.figures.synthetic_tables import COHORTS, errors_of, result_tables

STUDY = {
    "study": "demo",
    "title": "Demonstration of five sites (synthetic)",
    "seed": 1,
    "confidence_level": 0.95,
    "sources": [{"label": name, "synthetic": {"cohort": name}} for name in COHORTS],
    "errors": {
        "group_by": ["site"], "timing": "before_correction", "surrogate": "bone",
        "image": "first", "estimator": "anova", "random": "rms",
    },
    "margins": {
        "recipes": ["van_herk", "van_herk_linear"], "penumbra_sd_mm": 3.2, "dose_level": 0.95,
        "population": 0.9, "fractions": None,
    },
    "error_budget": {"complete": False, "components": []},
    "present_margin_mm": {"lr": 7.0, "si": 7.0, "ap": 5.0},
    "overrides": [],
    "assumptions": ["source prostate (synthetic): no column course, course 1 assumed"],
}  # fmt: skip

PROVENANCE = {
    "schema_version": "1",
    "notice": "popmargin is a research tool, not a medical device.",
    "study": "demo",
    "seed": 1,
    "popmargin": "0.1.0",
    "python": "3.11.7",
    "packages": {"numpy": "2.4.6", "polars": "1.44.2"},
    "contracts": {"margins": "1.0.0", "shifts": "1.0.0"},
    "config": {"study": "demo"},
    "config_sha256": "5a" * 32,
    "inputs": [
        {"label": name, "table": "shifts", "kind": "synthetic", "sha256": f"{i}b" * 32}
        for i, name in enumerate(COHORTS)
    ],
}


def flags(*rows: tuple[str, str, str]) -> pl.DataFrame:
    """Flags as (code, severity, message)."""
    schema = {
        "code": pl.String, "severity": pl.String, "message": pl.String, "file": pl.String,
        "row": pl.Int64, "column": pl.String, "patients": pl.Int64, "effect_mm": pl.Float64,
    }  # fmt: skip
    values = [(*row, None, None, None, None, None) for row in rows]
    return pl.DataFrame(values, schema=schema, orient="row")


def ledger() -> pl.DataFrame:
    rows = [
        ("prostate (synthetic)", "gather", "used", "", None, "", 800, "rows used"),
        ("prostate (synthetic)", "gather", "set_aside", "not_a_number", 3, "ap_mm", 1, "no number"),
        ("prostate (synthetic)", "gather", "set_aside", "not_a_number", 9, "lr_mm", 1, "no number"),
        ("all sources", "select", "used", "", None, "", 790, "images that the errors rest on"),
        ("all sources", "select", "set_aside", "other_image", None, "", 10, "further images"),
    ]  # fmt: skip
    columns = ["source", "stage", "status", "reason", "row", "column", "rows", "message"]
    return pl.DataFrame(rows, schema=columns, orient="row")


def rotation_errors() -> pl.DataFrame:
    names = {"lr": "pitch", "si": "roll", "ap": "yaw"}
    errors = result_tables(tuple(COHORTS)[:2])["population_errors"]
    renamed = errors.rename(lambda name: name.replace("_mm2", "_deg2").replace("_mm", "_deg"))
    return renamed.with_columns(pl.col("axis").replace(names))


def centre_errors() -> pl.DataFrame:
    errors = errors_of(result_tables(tuple(COHORTS)[:1])["unit_summaries"]).filter(
        estimator="anova"
    )
    made_up = {"centre_sd_mm": 0.8, "centre_sd_low_mm": 0.1, "centre_sd_high_mm": 2.9}
    return errors.with_columns(n_centres=4, **{k: pl.lit(v) for k, v in made_up.items()})


def anatomy_errors() -> pl.DataFrame:
    base = {
        "structure": "parotid", "side": "left", "quantity": "volume", "unit": "cc",
        "reference": "relative to planning", "n_patients": 12, "n_units": 12, "n_fractions": 60,
        "estimator": "anova", "confidence_level": 0.95, "reason": None,
    }  # fmt: skip
    for name, value in (("group_mean", -4.1), ("systematic_sd", 2.2), ("random_sd", 1.1)):
        base |= {name: value, f"{name}_low": value - 0.9, f"{name}_high": value + 1.3}
    return pl.DataFrame([base])


def study_tables(names: tuple[str, ...] = tuple(COHORTS)) -> dict[str, pl.DataFrame]:
    """Every table that the report knows."""
    warnings = flags(
        ("few_patients", "warn", "group liver (synthetic): 9 patients; +-20 % needs at least 50"),
        ("group_mean_excludes_zero", "warn", "group prostate (synthetic), axis ap: 2.31 mm"),
        ("quantity_assumed", "info", "no column quantity: set-up error assumed"),
    )
    return {
        **result_tables(names),
        "ledger": ledger(),
        "flags": warnings,
        "rotation_errors": rotation_errors(),
        "centre_errors": centre_errors(),
        "anatomy_errors": anatomy_errors(),
    }
