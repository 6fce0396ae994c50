"""``popmargin motion``: breathing traces, or motion between the images of a fraction."""

import argparse

from popmargin.cli.answer import Answer
from popmargin.cli.number_types import amount, seed, share
from popmargin.cli.shifts_options import add_reading_options, declaration
from popmargin.cli.silent_faults import add_override_option, exit_code, overrides
from popmargin.pipeline.account import answered_flags

TRACE_COLUMNS = (
    "patient_id", "fraction", "axis", "duration_s", "n_breaths", "sd_mm", "sd_low_mm",
    "sd_high_mm", "peak_to_peak_mm", "drift_mm_per_min", "duty_cycle", "gate_sd_mm",
    "tracking_sd_mm", "reason",
)  # fmt: skip
MOVE_COLUMNS = (
    "group", "surrogate", "axis", "n_patients", "n_fractions", "minutes_mean", "group_mean_mm",
    "systematic_sd_mm", "random_sd_mm", "drift_mm_per_min", "walk_mm2_per_min", "match_sd_mm",
    "reason",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("table", metavar="TRACES", help="traces table, or a shifts table")
    parser.add_argument(
        "--contract",
        choices=["traces", "shifts"],
        default="traces",
        help="shifts: compare the images of each fraction (default traces)",
    )
    add_reading_options(parser)
    add_override_option(parser)
    group = parser.add_argument_group("estimating")
    group.add_argument("--gate", type=share, default=0.3, help="height of a gate (default 0.3)")
    group.add_argument(
        "--latency", type=amount, default=0.2, metavar="S", help="of tracking (default 0.2 s)"
    )
    group.add_argument("--match-sd", type=amount, metavar="MM", help="SD of one match (shifts)")
    group.add_argument("--level", type=share, default=0.95, help="of intervals (default 0.95)")
    group.add_argument("--seed", type=seed, default=1, help="of the intervals (default 1)")


def run(options: argparse.Namespace) -> Answer:
    """One row a trace and axis, or a surrogate and axis; what cannot be used says why."""
    from popmargin.tables.read import read_table

    answers = overrides(options.override)
    table = read_table(options.table, declaration(options, options.contract))
    frame = table.complete()
    if options.contract == "traces":
        from popmargin.motion.trace_summaries import summarise_traces

        rows, flags = summarise_traces(
            frame,
            gate_window_share=options.gate,
            latency_s=options.latency,
            confidence_level=options.level,
        )
    else:
        from popmargin.errors.select import group_label
        from popmargin.motion.intrafraction import estimate_intrafraction_motion
        from popmargin.motion.moves import moves_within_fractions
        from popmargin.quality.find_faults import find_in_every_analysis

        rows, flags = estimate_intrafraction_motion(
            moves_within_fractions(frame.with_columns(group_label([]))),
            match_sd_mm=options.match_sd,
            confidence_level=options.level,
            seed=options.seed,
        )
        flags = [*flags, *find_in_every_analysis(frame)]
    flags = answered_flags([*table.flags, *flags], answers, by="--override")
    return Answer(
        command="motion",
        rows=rows,
        flags=flags,
        assumptions=table.assumptions,
        columns=TRACE_COLUMNS if options.contract == "traces" else MOVE_COLUMNS,
        exit_code=exit_code(flags),
    )
