"""``popmargin dose``: dose-volume histograms, what they predict, and parameters of one's own."""

import argparse

from popmargin.cli.answer import Answer
from popmargin.cli.number_types import share
from popmargin.cli.shifts_options import add_reading_options, declaration

_SHOWN = (
    "structure", "endpoint", "n_patients", "mean_dose_gy", "ntcp_set", "ntcp", "ntcp_low",
    "ntcp_high", "n_events", "observed", "observed_low", "observed_high", "n", "m", "td50_gy",
    "reason",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("table", metavar="DVH", help="histograms: CSV, TSV, XLSX or Parquet")
    parser.add_argument(
        "--kind",
        choices=["differential", "cumulative"],
        required=True,
        help="what the volume fractions are: share in each bin, or at each dose or above",
    )
    parser.add_argument("--structure", action="append", required=True, help="several times")
    parser.add_argument("--set", dest="ntcp_set", help="label of a published parameter set")
    parser.add_argument(
        "--fractions", type=float, help="of the course: physical dose becomes 2 Gy equivalents"
    )
    group = parser.add_argument_group("fitting to observed outcomes")
    group.add_argument("--outcomes", metavar="TABLE", help="table of outcomes")
    group.add_argument("--endpoint", help="its endpoint")
    group.add_argument("--grade", type=int, help="events of lower grade do not count")
    group.add_argument("--alpha-beta", type=float, metavar="GY", help="of the fit, with fractions")
    group.add_argument("--level", type=share, default=0.95, help="of intervals (default 0.95)")
    add_reading_options(parser)


def run(options: argparse.Namespace) -> Answer:
    """One row a structure: dose, prediction, observed share and fitted parameters."""
    from popmargin.core.exceptions import WrongUsage
    from popmargin.outcomes.dose_responses import estimate_dose_responses
    from popmargin.outcomes.effects import reported
    from popmargin.tables.contract import find_contract
    from popmargin.tables.read import read_table
    from popmargin.tables.source import SourceDeclaration

    if (options.outcomes is None) != (options.endpoint is None):
        raise WrongUsage("dose: --outcomes and --endpoint go together")
    table = read_table(options.table, declaration(options, "dvh"))
    seen = None
    if options.outcomes is not None:
        seen = read_table(options.outcomes, SourceDeclaration("outcomes", table="outcomes"))
    response = {
        "ntcp_set": options.ntcp_set, "endpoint": options.endpoint,
        "grade_at_least": options.grade, "alpha_beta_gy": options.alpha_beta,
    }  # fmt: skip
    asked = {
        "kind": options.kind,
        "fractions": options.fractions,
        "responses": [{"structure": name, **response} for name in options.structure],
    }
    frames = table.complete(), seen.complete() if seen else None
    found = estimate_dose_responses(*frames, asked, level=options.level)
    fits = {row["structure"]: row for row in found["ntcp_fits"]}
    rows = []
    for row in reported(found["dose_responses"], find_contract("dose_responses").names):
        fit = fits.get(row["structure"], {})
        reasons = [part["reason"] for part in (row, fit) if part.get("reason")]
        own = reported([fit], find_contract("ntcp_fits").names)[0]
        rows.append({**own, **row, "reason": "; ".join(reasons) or None})
    said = [
        f"volume fractions are {options.kind}",
        "doses are those of the whole course"
        + ("" if options.fractions else ", taken as they are"),
    ]
    status = dict.fromkeys(row["status"] for row in rows if row["status"])
    flags = [*table.flags, *(seen.flags if seen else ())]
    assumptions = [*table.assumptions, *said, *(f"parameter set: {text}" for text in status)]
    return Answer("dose", rows, flags=flags, assumptions=assumptions, columns=_SHOWN)
