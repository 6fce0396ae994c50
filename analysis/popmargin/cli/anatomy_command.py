"""``popmargin anatomy``: rates, steps, filling, depth; triggers and schedules replayed."""

import argparse
from typing import Final

from popmargin.cli.answer import Answer
from popmargin.cli.number_types import amount, count, seed, share
from popmargin.cli.shifts_options import add_reading_options, declaration
from popmargin.core.exceptions import WrongUsage

# What is shown -> the table that holds it.
CHANGE: Final = {
    "rates": "anatomy_trajectories",
    "patients": "anatomy_courses",
    "steps": "anatomy_steps",
    "filling": "organ_mobility",
    "rules": "filling_rules",
    "depth": "depth_dose",
}
POLICY: Final = {
    "triggers": "trigger_replay",
    "alarms": "trigger_alarms",
    "schedules": "replanning_schedules",
    "predictor": "predictor_performance",
    "calibration": "predictor_calibration",
    "decisions": "decision_curve",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("table", metavar="ANATOMY", help="anatomy table (CSV, TSV, XLSX, Parquet)")
    parser.add_argument(
        "--show",
        choices=[*CHANGE, *POLICY],
        default="rates",
        help="what is estimated or replayed (default rates)",
    )
    add_reading_options(parser)
    group = parser.add_argument_group("estimating")
    group.add_argument(
        "--exclude-event",
        action="append",
        metavar="NAME",
        help="temporary event whose days are left out (default hydration)",
    )
    group.add_argument(
        "--false-alarms", type=share, default=0.05, help="a course, of early warnings"
    )
    group.add_argument("--beam", choices=["6 MV", "10 MV"], default="6 MV")
    group.add_argument("--tpr", type=share, metavar="TPR20,10", help="measured of the beam")
    group.add_argument("--dose-share", type=share, default=0.03, help="that counts (default 0.03)")
    group.add_argument(
        "--filling-limit", type=amount, action="append", metavar="SHARE",
        help="of the treat-later rule (default 0.25 and 0.5)",
    )  # fmt: skip
    group.add_argument(
        "--plans", type=count, action="append", metavar="N", help="of a library (default 2, 3, 5)"
    )
    group.add_argument(
        "--trigger", action="append", default=[], metavar="NAME", help="shipped trigger; or all"
    )
    group.add_argument(
        "--triggers",
        metavar="FILE",
        help="own triggers, a CSV in the form of adaptive_triggers.csv",
    )
    group.add_argument("--only-own", action="store_true", help="no shipped triggers beside them")
    group.add_argument(
        "--by-fraction", type=count, default=10, metavar="K", help="what a predictor may know"
    )
    group.add_argument("--level", type=share, default=0.95, help="of intervals (default 0.95)")
    group.add_argument("--seed", type=seed, default=1, help="of the intervals (default 1)")


def run(options: argparse.Namespace) -> Answer:
    """Rows of the wanted table; what is not estimable says why."""
    from popmargin.tables.read import read_table

    table = read_table(options.table, declaration(options, "anatomy"))
    shared = {
        "exclude_events": options.exclude_event or ["hydration"],
        "confidence_level": options.level,
        "seed": options.seed,
    }
    if options.show in CHANGE:
        from popmargin.anatomy.change import estimate_anatomy_change
        from popmargin.anatomy.filling import LIBRARIES, LIMITS

        found, flags = estimate_anatomy_change(
            table.complete(),
            false_alarms=options.false_alarms,
            beam=options.beam,
            tpr_20_10=options.tpr,
            dose_threshold_share=options.dose_share,
            filling_limits=options.filling_limit or LIMITS,
            library_plans=options.plans or LIBRARIES,
            **shared,
        )
        rows = found[CHANGE[options.show]]
    else:
        from popmargin.adaptive.own_triggers import read_triggers
        from popmargin.adaptive.policy import replay_replanning

        if options.only_own and not options.triggers:
            raise WrongUsage("--only-own needs own triggers: --triggers FILE")
        found, flags = replay_replanning(
            table.complete(),
            triggers=options.trigger,
            own=read_triggers(options.triggers) if options.triggers else [],
            use_shipped=not options.only_own,
            predict_by_fraction=options.by_fraction,
            **shared,
        )
        rows = found[POLICY[options.show]]
    return Answer(
        command="anatomy",
        rows=rows,
        flags=[*table.flags, *flags],
        assumptions=table.assumptions,
    )
