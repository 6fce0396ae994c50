"""``popmargin plan``: sample sizes of trials, and patients for a wanted precision of a margin."""

import argparse
import importlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from popmargin.cli.answer import Answer


@dataclass(frozen=True, slots=True)
class Design:
    """One kind of plan: where its function stands and the options that it takes."""

    module: str
    function: str
    summary: str
    required: Mapping[str, type]
    optional: Mapping[str, type]
    names: tuple[tuple[str, str], ...] = ()


_NUMBERS: Final = {"power": float, "alpha": float}
DESIGNS: Final = {
    "precision": Design(
        "precision",
        "precision",
        "patients for a relative half-width of the interval of the systematic error",
        {"systematic": float, "random": float, "fractions": int, "half_width": float},
        {"level": float},
        names=(("systematic", "systematic_sd_mm"), ("random", "random_sd_mm")),
    ),
    "proportions": Design(
        "proportions",
        "two_proportions",
        "two proportions, superiority",
        {"control": float, "experimental": float},
        _NUMBERS,
    ),
    "noninferiority": Design(
        "noninferiority",
        "noninferiority",
        "two proportions, non-inferiority (alpha one-sided)",
        {"control": float, "margin": float},
        {**_NUMBERS, "experimental": float, "allocation": float},
    ),
    "survival": Design(
        "survival",
        "survival",
        "log-rank events, and patients where the share with an event is given",
        {"hazard_ratio": float},
        {**_NUMBERS, "event_share": float},
    ),
    "cluster": Design(
        "cluster",
        "cluster",
        "patients and clusters when clusters are randomised",
        {"patients_per_arm": int, "cluster_size": float, "icc": float},
        {"cluster_size_cv": float},
    ),
    "stepped_wedge": Design(
        "stepped_wedge",
        "stepped_wedge",
        "stepped-wedge design effect and clusters",
        {
            "patients_individual": int,
            "steps": int,
            "patients_per_cluster_period": int,
            "icc": float,
        },
        {"baseline_periods": int, "periods_per_step": int},
    ),
    "trial": Design(
        "plan_simulation",
        "simulated_design",
        "simulated trial of two proportions: power with non-compliance, drop-out, interim look",
        {"control": float, "experimental": float, "patients_per_arm": int},
        {
            "alpha": float,
            "to_control": float,
            "to_experimental": float,
            "drop_out": float,
            "interim_share": float,
            "centres": int,
            "centre_sd": float,
            "trials": int,
            "seed": int,
        },
    ),
    "survival_trial": Design(
        "plan_simulation",
        "simulated_survival",
        "simulated trial with a time-to-event outcome: power, events, months",
        {
            "hazard_ratio": float,
            "patients_per_arm": int,
            "control_event_free": float,
            "at_months": float,
            "accrual_months": float,
            "follow_up_months": float,
        },
        {
            "events": int,
            "alpha": float,
            "loss_per_month": float,
            "to_control": float,
            "to_experimental": float,
            "interim_share": float,
            "centres": int,
            "centre_sd": float,
            "trials": int,
            "seed": int,
        },
    ),
}
EVIDENCE: Final = "evidence"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One sub-command a design."""
    designs = parser.add_subparsers(dest="design", required=True, metavar="DESIGN")
    for name, design in DESIGNS.items():
        sub = designs.add_parser(name, help=design.summary, description=design.summary)
        # Without a default of its own it leaves a --json before the design standing.
        sub.add_argument(
            "--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON object"
        )
        for option, kind in design.required.items():
            sub.add_argument(_flag(option), type=kind, required=True)
        for option, kind in design.optional.items():
            sub.add_argument(_flag(option), type=kind)

    sub = designs.add_parser(
        EVIDENCE, help="published comparisons of margins and protocols, pooled where they match"
    )
    sub.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    sub.add_argument("--site", action="append", default=[], help="words to look for in the site")


def run(options: argparse.Namespace) -> Answer:
    """Evaluate one design; its assumptions go with the answer."""
    if options.design == EVIDENCE:
        return _evidence(options.site)
    design = DESIGNS[options.design]
    module = importlib.import_module(f"popmargin.trials.{design.module}")
    function: Callable[..., Any] = getattr(module, design.function)
    names = dict(design.names)
    given = {
        names.get(option, option): getattr(options, option)
        for option in [*design.required, *design.optional]
        if getattr(options, option) is not None
    }
    row = asdict(function(**given))
    assumptions = row.pop("assumptions", ())
    return Answer(f"plan {options.design}", [row], assumptions=assumptions)


def _evidence(sites: list[str]) -> Answer:
    from popmargin.outcomes.evidence import describe_evidence

    return Answer(
        "plan evidence",
        describe_evidence(sites),
        assumptions=[
            "ratios as printed, or derived from printed risks or p-values (see reason)",
            "pooled only where endpoint, contrast and design match; recalled rows never",
        ],
        columns=("study", "endpoint", "measure", "ratio", "ratio_low", "ratio_high", "status"),
    )


def _flag(option: str) -> str:
    return "--" + option.replace("_", "-")
