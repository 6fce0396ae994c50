"""REML and ML equal lme4 with tight tolerances, on 38 random unbalanced cohorts.

The cohorts, the R program and its output stand in ``tests/oracles/lme4``.
"""

import csv
from functools import cache
from pathlib import Path

import pytest

from popmargin.statistics.nested_reml import nested_reml_components
from popmargin.statistics.nested_table import NestedTable
from popmargin.statistics.one_way import OneWayData
from popmargin.statistics.reml import (
    log_likelihood,
    maximum_likelihood_components,
    reml_components,
)

FOLDER = Path(__file__).parents[1] / "oracles" / "lme4"
# mm and relative: what lme4's own optimiser leaves is below 3e-7.
TOLERANCE = 1e-6


@cache
def read(name: str) -> tuple[dict[str, str], ...]:
    with (FOLDER / name).open(encoding="utf-8") as stream:
        return tuple(csv.DictReader(stream))


def columns(cohort: str) -> tuple[list[float], list[str], list[str]]:
    found = [row for row in read("cohorts.csv") if row["cohort"] == cohort]
    return [float(row["value"]) for row in found], *(
        [row[name] for row in found] for name in ("group", "outer")
    )


def references(kind: str) -> list[dict[str, str]]:
    return [row for row in read("reml_reference.csv") if row["cohort"].startswith(kind)]


def close(value: str) -> object:
    return pytest.approx(float(value), rel=TOLERANCE, abs=TOLERANCE)


@pytest.mark.parametrize("row", references("one_way"), ids=lambda row: row["cohort"])
def test_one_way(row: dict[str, str]) -> None:
    values, labels, _ = columns(row["cohort"])
    data = OneWayData.from_values(values, labels)
    reml, full = reml_components(data), maximum_likelihood_components(data)
    assert reml.between_sd == close(row["reml_group_sd"])
    assert reml.within_sd == close(row["reml_within_sd"])
    assert reml.mean == close(row["reml_mean"])
    assert full.between_sd == close(row["ml_group_sd"])
    assert full.within_sd == close(row["ml_within_sd"])
    for parts, restricted, name in ((reml, True, "reml_criterion"), (full, False, "ml_deviance")):
        deviance = -2 * log_likelihood(
            data, parts.between_variance, parts.within_variance, restricted=restricted
        )
        assert deviance == pytest.approx(float(row[name]), rel=1e-12, abs=1e-9)


@pytest.mark.parametrize("row", references("nested"), ids=lambda row: row["cohort"])
def test_nested(row: dict[str, str]) -> None:
    parts = nested_reml_components(NestedTable.from_values(*columns(row["cohort"])))
    assert parts.outer_sd == close(row["reml_outer_sd"])
    assert parts.group_sd == close(row["reml_group_sd"])
    assert parts.within_sd == close(row["reml_within_sd"])
    assert parts.mean == close(row["reml_mean"])


def test_the_reference_meets_the_boundary_and_the_interior() -> None:
    found = [float(row["reml_group_sd"]) for row in references("one_way")]
    assert len(found) == 30
    assert sum(sd < 1e-6 for sd in found) >= 5
    assert sum(sd > 0.1 for sd in found) >= 10
    assert len(references("nested")) == 8
