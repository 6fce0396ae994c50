"""Certified one-way ANOVA of the NIST Statistical Reference Datasets.

SiRstv, SmLs01 and SmLs03 are read from file. SmLs04 and SmLs06 are SmLs01 and SmLs03 plus 1e6
(seven constant leading digits), with the same certified values, and are made here.
"""

import csv
import math
from pathlib import Path

import pytest

from popmargin.statistics.anova import anova_components, anova_mean_squares
from popmargin.statistics.conventional import conventional_components
from popmargin.statistics.one_way import OneWayData
from popmargin.statistics.reml import reml_components

FOLDER = Path(__file__).parent / "data"
# Relative error for the number of correct digits.
TWELVE, EIGHT = 1e-12, 1e-8


def read(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


CERTIFIED = {row["dataset"]: row for row in read("nist_certified.csv")}


def dataset(name: str, shift: int = 0) -> OneWayData:
    found = read(f"nist_{name}.csv")
    # Through text, as the shifted sets are printed: 1000001.4.
    values = [float(f"{shift + float(row['y']):.4f}") for row in found]
    return OneWayData.from_values(values, [row["group"] for row in found])


@pytest.mark.parametrize(
    ("name", "shift", "tolerance"),
    [
        ("SiRstv", 0, TWELVE),
        ("SmLs01", 0, TWELVE),
        ("SmLs03", 0, TWELVE),
        ("SmLs01", 1_000_000, EIGHT),
        ("SmLs03", 1_000_000, EIGHT),
    ],
)
def test_certified_values(name: str, shift: int, tolerance: float) -> None:
    certified = CERTIFIED[name]
    data = dataset(name, shift)
    between, within, size = anova_mean_squares(data)
    parts = anova_components(data)
    rms = conventional_components(data).within_sd

    def close(value: float) -> object:
        return pytest.approx(value, rel=tolerance, abs=0)

    assert size == int(certified["replicates_per_group"])
    assert between == close(float(certified["ms_between_certified"]))
    assert within == close(float(certified["ms_within_certified"]))
    assert data.by_size.within_total == close(float(certified["ss_within_certified"]))
    assert between / within == close(float(certified["F_certified"]))
    assert parts.within_sd == close(float(certified["residual_sd_certified"]))
    assert parts.mean == close(float(certified["grand_mean_exact"]) + shift)
    assert rms == close(float(certified["rms_within_derived"]))
    # (MSB - MSW) / n loses the digits that MSB and MSW share.
    lost = between / abs(between - within)
    variance = float(certified["var_between_anova_derived"])
    assert parts.between_variance == pytest.approx(variance, rel=tolerance * max(1.0, lost))
    assert reml_components(data).between_sd == pytest.approx(math.sqrt(variance), rel=1e-8)
