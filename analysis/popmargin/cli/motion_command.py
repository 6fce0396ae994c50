"""``popmargin motion``: breathing traces, 4D-CT amplitudes, or motion between images."""

import argparse
from typing import Any, Final

from popmargin.cli.answer import Answer
from popmargin.cli.motion_strategies_table import add_strategy_options, strategies_of
from popmargin.cli.number_types import amount, seed, share
from popmargin.cli.shifts_options import add_reading_options, declaration
from popmargin.cli.silent_faults import add_override_option, exit_code, overrides
from popmargin.core.exceptions import WrongUsage
from popmargin.core.flags import Flag
from popmargin.pipeline.account import answered_flags

Rows = list[dict[str, Any]]
TRACE_COLUMNS: Final = (
    "patient_id", "fraction", "axis", "duration_s", "n_breaths", "sd_mm", "sd_low_mm",
    "sd_high_mm", "peak_to_peak_mm", "drift_mm_per_min", "duty_cycle", "gate_sd_mm",
    "tracking_sd_mm", "reason",
)  # fmt: skip
MOVE_COLUMNS: Final = (
    "group", "surrogate", "axis", "n_patients", "n_fractions", "minutes_mean", "group_mean_mm",
    "systematic_sd_mm", "random_sd_mm", "drift_mm_per_min", "walk_mm2_per_min", "match_sd_mm",
    "n_fidgets", "reason",
)  # fmt: skip
COLUMNS: Final = {"breathing": TRACE_COLUMNS, "within": MOVE_COLUMNS}
# What each kind of table can be asked for; the first is what it is asked for without --show.
SHOWN: Final = {
    "traces": ("breathing", "population", "within", "growth", "reimaging", "strategies"),
    "shifts": ("within", "growth", "reimaging"),
    "anatomy": ("breathing", "population", "strategies"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument(
        "table", metavar="TRACES", help="traces, or a shifts or anatomy table (--contract)"
    )
    parser.add_argument(
        "--contract",
        choices=[*SHOWN],
        default="traces",
        help="shifts: compare the images of each fraction; anatomy: 4D-CT amplitudes (rows "
        "amplitude_lr|si|ap, mm peak to peak); default traces",
    )
    parser.add_argument(
        "--show",
        choices=list(dict.fromkeys(name for names in SHOWN.values() for name in names)),
        help="breathing of each trace or of the population; within: drift, random walk and "
        "fidgets; growth with time; reimaging: longest interval; strategies side by side",
    )
    add_reading_options(parser)
    add_override_option(parser)
    group = parser.add_argument_group("estimating")
    group.add_argument("--gate", type=share, default=0.3, help="height of a gate (default 0.3)")
    group.add_argument(
        "--latency", type=amount, default=0.2, metavar="S", help="of tracking (default 0.2 s)"
    )
    group.add_argument("--match-sd", type=amount, metavar="MM", help="SD of one match (shifts)")
    group.add_argument(
        "--block", type=amount, default=15.0, metavar="S", help="of a trace (default 15 s)"
    )
    group.add_argument(
        "--tolerance", type=amount, action="append", metavar="MM", help="default 1, 2 and 3"
    )
    group.add_argument("--delay", type=amount, default=1.0, metavar="MIN", help="image to beam")
    group.add_argument("--level", type=share, default=0.95, help="of intervals (default 0.95)")
    group.add_argument("--seed", type=seed, default=1, help="of the intervals (default 1)")
    add_strategy_options(parser)


def run(options: argparse.Namespace) -> Answer:
    """Rows of the wanted table; what cannot be used or is not estimable says why."""
    from popmargin.tables.read import read_table

    answers = overrides(options.override)
    allowed = SHOWN[options.contract]
    show = options.show or allowed[0]
    if show not in allowed:
        raise WrongUsage(
            f"--show {show} needs another table; --contract {options.contract} shows "
            f"{', '.join(allowed)}"
        )
    table = read_table(options.table, declaration(options, options.contract))
    frame = table.complete()
    within = show in ("within", "growth", "reimaging")
    rows, flags = _within(frame, show, options) if within else _breathing(frame, options)
    if show == "population":
        from popmargin.motion.trace_summaries import estimate_breathing_population

        rows = estimate_breathing_population(
            rows, confidence_level=options.level, seed=options.seed
        )
    elif show == "strategies":
        rows, more = strategies_of(rows, options)
        flags = [*flags, *more]
    if options.contract == "shifts":
        from popmargin.quality.find_faults import find_in_every_analysis

        flags = [*flags, *find_in_every_analysis(frame)]
    flags = answered_flags([*table.flags, *flags], answers, by="--override")
    return Answer(
        command="motion",
        rows=rows,
        flags=flags,
        assumptions=table.assumptions,
        columns=COLUMNS.get(show, ()),
        exit_code=exit_code(flags),
    )


def _breathing(frame: Any, options: argparse.Namespace) -> tuple[Rows, list[Flag]]:
    from popmargin.motion.amplitudes import summarise_amplitudes
    from popmargin.motion.trace_summaries import summarise_traces

    settings = {
        "gate_window_share": options.gate,
        "latency_s": options.latency,
        "confidence_level": options.level,
    }
    if options.contract == "traces":
        return summarise_traces(frame, **settings)
    rows, flags = summarise_amplitudes(frame, **settings)
    if not rows:
        message = "no rows amplitude_lr, amplitude_si or amplitude_ap: no breathing is known"
        flags = [*flags, Flag("not_estimable", "warn", message)]
    return rows, flags


def _within(frame: Any, show: str, options: argparse.Namespace) -> tuple[Rows, list[Flag]]:
    from popmargin.errors.select import group_label
    from popmargin.motion.growth_curve import describe_growth, reimaging_intervals
    from popmargin.motion.intrafraction import estimate_intrafraction_motion
    from popmargin.motion.moves import moves_within_fractions
    from popmargin.motion.trace_moves import moves_of_traces

    traces = options.contract == "traces"
    moves = (
        moves_of_traces(frame, block_s=options.block)
        if traces
        else moves_within_fractions(frame.with_columns(group_label([])))
    )
    if show == "growth":
        return describe_growth(moves, confidence_level=options.level), []
    rows, flags = estimate_intrafraction_motion(
        moves,
        # The error of an image match is none of a trace.
        match_sd_mm=None if traces else options.match_sd,
        confidence_level=options.level,
        seed=options.seed,
    )
    if moves.is_empty():
        message = "no fraction has two images, and no trace two blocks: nothing is known"
        flags = [*flags, Flag("not_estimable", "warn", message)]
    if show == "reimaging":
        tolerances = options.tolerance or [1.0, 2.0, 3.0]
        return reimaging_intervals(rows, tolerances, delay_min=options.delay), flags
    return rows, flags
