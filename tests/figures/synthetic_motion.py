"""Small tables of motion, in the form of their contracts, made by the library from made-up data."""

import numpy as np
import polars as pl

from popmargin.cohorts.catalogue import synthetic_table
from popmargin.errors.select import group_label
from popmargin.margins.motion_strategies import Treatment, default_parameters
from popmargin.margins.strategy_comparison import compare_strategies
from popmargin.margins.strategy_parameters import strategy_parameter_rows
from popmargin.motion.growth_curve import describe_growth, reimaging_intervals
from popmargin.motion.intrafraction import estimate_intrafraction_motion
from popmargin.motion.moves import moves_within_fractions
from popmargin.motion.trace_summaries import estimate_breathing_population, summarise_traces
from popmargin.pipeline.rows import rows_table


def motion_tables(names: tuple[str, ...] = ("all",)) -> dict[str, pl.DataFrame]:
    """Every table of motion; motion within fractions once for each group name."""
    rng = np.random.default_rng(5)
    shifts = synthetic_table("shifts", "prostate_intrafraction", rng=rng)
    shifts = shifts.with_columns(pl.col("acquired_at").str.to_datetime(), group_label([]))
    moves = moves_within_fractions(pl.concat([shifts.with_columns(group=pl.lit(n)) for n in names]))
    motion, _ = estimate_intrafraction_motion(moves)
    traces = synthetic_table("traces", "lung_breathing", rng=rng).filter(pl.col("t_s") < 60)
    summaries, _ = summarise_traces(traces)
    ones = np.ones(3)
    treatment = Treatment(2 * ones, 2 * ones, 0.2 * ones, 3.0, 25.0, 6.4, 0.95, 0.9,
                          default_parameters())  # fmt: skip
    patients, population = compare_strategies(summaries, treatment)
    tables = {
        "intrafraction_motion": motion,
        "motion_growth": describe_growth(moves),
        "reimaging": reimaging_intervals(motion, [1.0, 3.0]),
        "trace_summaries": summaries,
        "breathing_population": estimate_breathing_population(summaries),
        "patient_strategies": patients,
        "motion_strategies": population,
        "strategy_parameters": strategy_parameter_rows(),
    }
    return {name: rows_table(rows, name) for name, rows in tables.items()}
