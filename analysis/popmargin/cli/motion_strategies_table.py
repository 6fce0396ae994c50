"""Strategies against breathing on the command line: what is stated, and the table of them."""

import argparse
from typing import Any

from popmargin.cli.number_types import amount, share
from popmargin.core.exceptions import WrongUsage
from popmargin.core.flags import Flag

Rows = list[dict[str, Any]]


def add_strategy_options(parser: argparse.ArgumentParser) -> None:
    """What ``--show strategies`` needs beside the breathing."""
    group = parser.add_argument_group("strategies (--show strategies)")
    group.add_argument("--systematic", metavar="MM", help="systematic SD, or lr,si,ap")
    group.add_argument("--random", metavar="MM", help="random SD without breathing, or lr,si,ap")
    group.add_argument("--ctv-radius", type=amount, metavar="MM", help="of a spherical target")
    group.add_argument("--beam", type=amount, default=3.0, metavar="MIN", help="default 3")
    group.add_argument("--penumbra", type=amount, default=3.2, metavar="MM", help="default 3.2")
    group.add_argument("--dose-level", type=share, default=0.95, help="default 0.95")
    group.add_argument("--population", type=share, default=0.9, help="default 0.9")
    group.add_argument(
        "--benefit", type=share, default=0.1, help="share of the volume to be saved (default 0.1)"
    )
    group.add_argument(
        "--strategy",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="own value, such as compression_cap_mm=8 (default: motion_strategies.csv)",
    )
    group.add_argument(
        "--each-patient", action="store_true", help="a row a patient and strategy, not the means"
    )


def strategies_of(summaries: Rows, options: argparse.Namespace) -> tuple[Rows, list[Flag]]:
    """Every strategy for the breathing that was summarised; `WrongUsage` where input is missing."""
    import numpy as np

    from popmargin.cli.margin_command import parse_axes
    from popmargin.margins.motion_strategies import Treatment
    from popmargin.margins.strategy_comparison import compare_strategies
    from popmargin.margins.strategy_parameters import parameter_values, strategy_parameter_rows

    if None in (options.systematic, options.random, options.ctv_radius):
        raise WrongUsage("--show strategies needs --systematic, --random and --ctv-radius")
    stated: dict[str, float | None] = {
        "gating_window_share": options.gate,
        "tracking_latency_s": options.latency,
    }
    stated |= dict(map(_named_number, options.strategy))
    parameters = strategy_parameter_rows(stated, source="command line")
    treatment = Treatment(
        systematic_sd_mm=np.broadcast_to(parse_axes("--systematic", options.systematic), 3),
        random_sd_mm=np.broadcast_to(parse_axes("--random", options.random), 3),
        walk_mm2_per_min=np.zeros(3),
        beam_min=options.beam,
        radius_mm=options.ctv_radius,
        penumbra_sd_mm=options.penumbra,
        dose_level=options.dose_level,
        population=options.population,
        parameters=parameter_values(parameters),
    )
    patients, population = compare_strategies(
        summaries, treatment, benefit_share=options.benefit, confidence_level=options.level
    )
    unproved = [
        f"{row['strategy']} {row['parameter']} {row['value']:g}"
        for row in parameters
        if "not validated" in row["status"]
    ]
    words = f"not validated, put your own in place: {', '.join(unproved)}"
    flags = [Flag("parameters_not_validated", "warn", words)] if unproved else []
    flags.append(Flag("walk_not_counted", "info", "no random walk within the beam is counted"))
    return (patients if options.each_patient else population), flags


def _named_number(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise WrongUsage(f"--strategy: expected NAME=VALUE, found {text!r}") from None
