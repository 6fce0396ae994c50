"""``popmargin pool``: errors and margins from the packets of centres."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from popmargin.cli.answer import Answer
from popmargin.cli.margin_command import DEFAULT_RECIPES, parse_axes
from popmargin.cli.number_types import count
from popmargin.cli.shifts_options import add_estimator_options, estimator, random_estimator
from popmargin.core.axes import TRANSLATIONS
from popmargin.core.exceptions import WrongUsage
from popmargin.core.flags import Flag, one_per_code
from popmargin.errors.centre_places import place_centres
from popmargin.errors.centres import pooled_centre_errors
from popmargin.errors.meaning import describe_error
from popmargin.errors.packet import SitePacket
from popmargin.errors.pooled_packets import CentreData, pool_packets
from popmargin.errors.population import AxisEstimate, estimate_population_errors
from popmargin.margins.centre_margin import judge_centre_margin
from popmargin.margins.estimate import estimate_margins
from popmargin.margins.registry import find_recipe
from popmargin.tables.packet_file import read_packet

COLUMNS = (
    "group",
    "axis",
    "quantity",
    "centre",
    "n_centres",
    "n_patients",
    "estimator",
    "group_mean_mm",
    "centre_sd_mm",
    "centre_sd_low_mm",
    "centre_sd_high_mm",
    "systematic_sd_mm",
    "systematic_sd_low_mm",
    "systematic_sd_high_mm",
    "random_sd_mm",
    "random_sd_low_mm",
    "random_sd_high_mm",
    "recipe",
    "margin_mm",
    "margin_low_mm",
    "margin_high_mm",
    "margin_in_use_mm",
    "margin_needed_mm",
    "margin_needed_upper_mm",
    "share_of_draws",
    "verdict",
    "value_mm",
    "expected_mm",
    "outer_low_mm",
    "outer_high_mm",
    "place",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("packets", metavar="PACKET", nargs="+", help="packets of the centres")
    parser.add_argument(
        "--recipe", action="extend", nargs="+", default=[], metavar="NAME", help="default van_herk"
    )
    parser.add_argument("--fractions", type=count, help="fractions of the course (default many)")
    parser.add_argument(
        "--centres", action="store_true", help="each centre's place against the others"
    )
    parser.add_argument(
        "--funnel", metavar="FILE", help="draw the places as a funnel plot (svg, pdf or png)"
    )
    parser.add_argument(
        "--margin", metavar="MM", help="a margin in use, one number or lr,si,ap: is it enough?"
    )
    parser.add_argument("--for", dest="centre", help="with --margin: one centre (default all)")
    add_estimator_options(parser)


def run(options: argparse.Namespace) -> Answer:
    """Pool, estimate; with --centres, --funnel and --margin judge every centre."""
    packets = [SitePacket.from_document(read_packet(path)) for path in options.packets]
    if options.centre is not None and options.margin is None:
        raise WrongUsage("--for belongs to --margin")
    names = [packet.centre for packet in packets]
    if options.centre is not None and options.centre not in names:
        found = f"no centre {options.centre!r}; there are {', '.join(sorted(names))}"
        raise WrongUsage(f"--for: {found}")
    data, flags = pool_packets(packets)
    estimates, remarks = _estimates(options, [item.pooled for item in data])
    recipes = [find_recipe(name) for name in options.recipe or DEFAULT_RECIPES]
    covers = describe_error(packets[0].timing, packets[0].surrogate)
    margins, more = estimate_margins(estimates, recipes, covers=covers, fractions=options.fractions)
    rows = [{"part": "margin", **row} for row in margins]
    rows += [
        {"part": "errors", **item.row()} for item in estimates if item.axis not in TRANSLATIONS
    ]
    levels = pooled_centre_errors(data, confidence_level=options.level, seed=options.seed)
    rows += [{"part": "three_levels", **row} for row in levels]
    if options.centres or options.funnel:
        places = place_centres(data)
        rows += [{"part": "centre", **row} for row in places if row["centre"] is not None]
        _draw(options.funnel, places)
    if options.margin is not None:
        rows += _verdicts(options, data, covers)
    return Answer(
        "pool",
        rows,
        [*flags, *remarks, *one_per_code(more)],
        _said(options, packets),
        (*packets[0].group_by, *COLUMNS),
    )


def _estimates(
    options: argparse.Namespace, data: Sequence[Any]
) -> tuple[list[AxisEstimate], list[Flag]]:
    return estimate_population_errors(
        data,
        estimators=[estimator(options)],
        random=random_estimator(options),
        confidence_level=options.level,
        seed=options.seed,
    )


def _verdicts(
    options: argparse.Namespace, data: Sequence[CentreData], covers: str
) -> list[dict[str, Any]]:
    numbers = parse_axes("--margin", options.margin)
    used: Mapping[str, float] = {
        axis: numbers[place % len(numbers)] for place, axis in enumerate(TRANSLATIONS)
    }
    centres = sorted({name for item in data for name in item.centres})
    chosen = [options.centre] if options.centre is not None else centres
    rows = []
    for centre in chosen:
        own = [item.centres[centre] for item in data if centre in item.centres]
        for name in options.recipe or DEFAULT_RECIPES:
            rows += judge_centre_margin(
                _estimates(options, own)[0],
                used,
                find_recipe(name),
                centre=centre,
                covers=covers,
                fractions=options.fractions,
            )
    return [{"part": "verdict", **row} for row in rows]


def _draw(path: str | None, places: Sequence[dict[str, Any]]) -> None:
    if path is None:
        return
    import polars as pl

    from popmargin.figures.centre_funnel import plot_centre_funnel
    from popmargin.figures.save import save_one

    table = pl.DataFrame(places, infer_schema_length=None)
    if table.is_empty():
        raise WrongUsage("--funnel: a funnel plot needs at least two centres with a common group")
    save_one(plot_centre_funnel(table), path)


def _said(options: argparse.Namespace, packets: Sequence[SitePacket]) -> list[str]:
    courses = (
        "many fractions (no --fractions)"
        if options.fractions is None
        else f"effective systematic and random errors of a course of {options.fractions} fractions"
    )
    return [
        f"{len(packets)} packets; every patient is in one of them",
        "the pooled systematic SD holds the differences between centres; three_levels tells them "
        "apart",
        courses,
    ]
