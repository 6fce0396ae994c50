"""Made-up tables of coverage and error budget with the columns of their contracts."""

import numpy as np
import polars as pl

AXES = ("lr", "si", "ap")
QUESTION = {"population": 0.9, "ctv_radius_mm": 30.0, "fractions": 35}


def coverage_tables(margins: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The five tables for the groups and recipes of a table of margins."""
    return {
        "margin_coverage": margin_coverage(margins),
        "coverage_curve": coverage_curve(margins),
        "coverage_map": coverage_map(),
        "dose_population": dose_population(margins),
        "error_budget_shares": error_budget_shares(margins),
    }


def margin_coverage(margins: pl.DataFrame) -> pl.DataFrame:
    rows = []
    for (group, recipe), part in margins.group_by("group", "recipe", maintain_order=True):
        values = dict(part.select("axis", "margin_mm").iter_rows())
        mean = sum(values.values()) / 3
        rows.append(_row(part, group, "recipe", recipe, values, 0.8 * np.tanh(mean / 6)))
        if recipe == "van_herk":
            rows.append(_row(part, group, "present", None, dict.fromkeys(AXES, 7.0), 0.71))
            solved = _row(part, group, "solved", None, dict.fromkeys(AXES, mean * 1.2), 0.9)
            limits = {"margin_low_mm": mean, "margin_high_mm": 1.5 * mean, "margin_upper_mm": mean}
            rows.append(solved | limits | {"coverage_low": None, "coverage_high": None})
    strings = {"recipe": pl.String, "reason": pl.String}
    return pl.DataFrame(rows, schema_overrides=strings, infer_schema_length=None)


def _row(part, group, kind, recipe, values, coverage):
    return {
        "site": group, "group": group, "n_patients": part["n_patients"][0],
        "covers": part["covers"][0], "axes": "correlated as measured",
        "kind": kind, "recipe": recipe,
        **{f"margin_{axis}_mm": values[axis] for axis in AXES},
        "margin_low_mm": None, "margin_high_mm": None, "margin_upper_mm": None,
        "coverage": float(coverage), "coverage_low": coverage - 0.1,
        "coverage_high": coverage + 0.05,
        "coverage_standard_error": 0.004, "logged_coverage": 0.8, "n_logged": 20,
        "method": "monte_carlo", "dose_level": 0.95, **QUESTION, "confidence_level": 0.95,
        "reason": None,
    }  # fmt: skip


def coverage_curve(margins: pl.DataFrame) -> pl.DataFrame:
    rows = []
    for (group,), part in margins.group_by("group", maintain_order=True):
        for margin in np.linspace(0.0, 12.0, 13).tolist():
            share = 1.0 - float(np.exp(-((margin / 6) ** 3)))
            rows.append(
                {
                    "site": group, "group": group, "n_patients": part["n_patients"][0],
                    "covers": part["covers"][0], "margin_mm": margin, "coverage": share,
                    "coverage_standard_error": 0.004, "logged_coverage": round(share, 1),
                    "closed_form_coverage": 0.98 * share if margin else None,
                    **QUESTION,
                }
            )  # fmt: skip
    return pl.DataFrame(rows)


def coverage_map() -> pl.DataFrame:
    rows = [
        {
            "recipe": recipe, "systematic_sd_mm": between, "random_sd_mm": within,
            "margin_mm": 2.5 * between + 0.7 * within, "coverage": between / (between + within / 9),
            "coverage_standard_error": 0.004, "method": "monte_carlo", **QUESTION,
        }
        for recipe in ("van_herk", "van_herk_linear")
        for between in (1.0, 3.0)
        for within in (1.0, 3.0)
    ]  # fmt: skip
    return pl.DataFrame(rows)


def error_budget_shares(margins: pl.DataFrame) -> pl.DataFrame:
    rows = []
    for row in margins.filter(recipe="van_herk").rows(named=True):
        whole = "set-up error, matched on soft tissue"
        parts = (
            (whole, "systematic", 0.7, 0.6, None),
            ("set-up error", "systematic", 0.5, 0.5, whole),
            ("organ motion", "systematic", 0.2, -0.1, whole),
            (whole, "random", 1.0, 0.2, None),
            ("delineation", "systematic", 0.3, 0.2, None),
        )
        for component, kind, share, saving, part_of in parts:
            rows.append(
                {
                    "site": row["group"], "group": row["group"], "n_patients": row["n_patients"],
                    "axis": row["axis"], "recipe": "van_herk",
                    "total": "margin for the listed errors",
                    "covers": row["covers"], "component": component, "kind": kind,
                    "part_of": part_of, "covariance_mm2": -0.4 if part_of else None,
                    "value_mm": 2.0, "source": "made up", "variance_share": share,
                    "margin_mm": row["margin_mm"], "saving_mm": saving * row["margin_mm"],
                    "margin_low_mm": row["margin_low_mm"], "margin_high_mm": row["margin_high_mm"],
                    "saving_low_mm": 0.8 * saving * row["margin_mm"],
                    "saving_high_mm": 1.3 * saving * row["margin_mm"],
                    "reason": None,
                }
            )  # fmt: skip
    return pl.DataFrame(rows, schema_overrides={"reason": pl.String, "part_of": pl.String})


def dose_population(margins: pl.DataFrame) -> pl.DataFrame:
    rows = [
        {
            "site": group, "group": group, "n_patients": part["n_patients"][0],
            "covers": part["covers"][0], "kind": kind, "recipe": recipe, "dose": float(dose),
            "model": "normal errors, ball",
            "population": float(1.0 - np.exp(-12.0 * (1.0 - dose))),
            "wanted_population": 0.9, "dose_level": 0.95, "ctv_radius_mm": 30.0, "fractions": 35,
        }
        for (group,), part in margins.group_by("group", maintain_order=True)
        for kind, recipe in (("recipe", "van_herk"), ("present", None))
        for dose in np.linspace(0.7, 1.0, 31)
    ]  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None)
