"""One table or many, in any order and format: the same estimates to the last bit."""

import itertools

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from popmargin.errors.population import axis_data, errors_table, estimate_population_errors
from popmargin.errors.units import summarise_units
from popmargin.tables.read import read_table
from popmargin.tables.source import SourceDeclaration

ROWS = [
    (f"{p:03d}", f, round(p * 0.37 - f * 0.11, 2), round((p * f) % 7 * 0.3, 2), round(f / 3, 2))
    for p in range(9)
    for f in range(1, 3 + p % 4)
]
FRAME = pl.DataFrame(
    ROWS, schema=["patient_id", "fraction", "lr_mm", "si_mm", "ap_mm"], orient="row"
)


def estimate(folder, parts, ending="csv"):
    """Write every part to a file of its own, read all of them, estimate from all rows."""
    frames = []
    for number, part in enumerate(parts):
        path = folder / f"{number}.{ending}"
        part.write_csv(path) if ending == "csv" else part.write_parquet(path)
        read = read_table(path, SourceDeclaration(f"part {number}"))
        frames.append(read.frame.drop("source_row"))
    units = summarise_units(pl.concat(frames))
    estimates, _ = estimate_population_errors(axis_data(units), estimators=["anova", "reml"])
    return errors_table(estimates)


@given(
    st.permutations(range(len(ROWS))),
    st.lists(st.integers(1, len(ROWS) - 1), max_size=49),
    st.sampled_from(["csv", "parquet"]),
)
@settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_split_in_any_order_gives_the_same_bits(tmp_path, order, cuts, ending):
    edges = [0, *sorted(set(cuts)), len(ROWS)]
    shuffled = FRAME[list(order)]
    parts = [shuffled[a:b] for a, b in itertools.pairwise(edges)]
    assert estimate(tmp_path, parts, ending).equals(estimate(tmp_path, [FRAME]))


def test_more_rows_than_one_pass_of_the_reader(tmp_path):
    """Pieces of every size: how rows fall into them must not reach the result."""
    many = pl.concat(
        FRAME.with_columns(pl.col("patient_id") + f"-{copy}") for copy in range(300)
    ).sample(fraction=1, shuffle=True, seed=1)
    whole = estimate(tmp_path, [many])
    assert whole["n_patients"].unique().to_list() == [2700]
    for pieces in (2, 7):
        parts = [many[n::pieces] for n in range(pieces)]
        assert estimate(tmp_path, parts).equals(whole)
    assert whole["group_mean_mm"][0] == pytest.approx(
        estimate(tmp_path, [FRAME])[0, "group_mean_mm"]
    )
