"""Options on errors that the data do not hold: a table of components, and breathing."""

import argparse
from dataclasses import dataclass, field
from pathlib import Path

from popmargin.core.axes import TRANSLATIONS
from popmargin.core.exceptions import OutOfRange, RefusedInput, WrongUsage
from popmargin.core.flags import Flag
from popmargin.margins.breathing import PUBLISHED_SD_RATIO, breathing_component
from popmargin.margins.declared_components import components_of_rows
from popmargin.margins.error_budget import ErrorComponent, budget_remarks, combine_components
from popmargin.margins.trace_breathing import trace_breathing


@dataclass(frozen=True, slots=True)
class Budget:
    """Components declared on the command line, and whether they complete the data's errors."""

    components: list[ErrorComponent] = field(default_factory=list)
    complete: bool = False
    flags: list[Flag] = field(default_factory=list)

    def added_to(
        self, systematic: list[float], random: list[float]
    ) -> tuple[list[float], list[float], list[float]]:
        """Both SDs (one number or three) with the components in quadrature, and the offsets.

        >>> part = breathing_component(0.0, 10.0, 0.0, "made up", sd_ratio=0.3)
        >>> Budget([part]).added_to([1.0], [4.0])
        ([1.0, 1.0, 1.0], [4.0, 5.0, 4.0], [0.0, 0.0, 0.0])
        """
        if any(part.groups is not None for part in self.components):
            raise WrongUsage("a component of a group needs a SHIFTS table: errors given have none")
        axes = [combine_components(self.components, axis) for axis in TRANSLATIONS]
        systematic, random = (v * 3 if len(v) == 1 else v for v in (systematic, random))
        return (
            [
                float((s**2 + a.systematic_sd_mm**2) ** 0.5)
                for s, a in zip(systematic, axes, strict=True)
            ],
            [float((r**2 + a.random_sd_mm**2) ** 0.5) for r, a in zip(random, axes, strict=True)],
            [a.offset_mm for a in axes],
        )


def add_budget_options(parser: argparse.ArgumentParser) -> None:
    """Components of an error budget, beside the errors of the data or of the line."""
    group = parser.add_argument_group("error budget")
    group.add_argument(
        "--budget", metavar="FILE", help="table of components (CSV, contract error_budget)"
    )
    group.add_argument(
        "--budget-complete",
        action="store_true",
        help="data and components together are every error that the PTV margin must hold",
    )
    group.add_argument(
        "--breathing", metavar="MM", help="peak-to-peak amplitude, mm (one number or lr,si,ap)"
    )
    group.add_argument(
        "--breathing-traces", metavar="FILE", help="breathing from traces (CSV, contract traces)"
    )
    group.add_argument(
        "--breathing-ratio",
        type=float,
        default=PUBLISHED_SD_RATIO,
        help=f"SD over amplitude (default {PUBLISHED_SD_RATIO})",
    )


def budget_of(options: argparse.Namespace, data: str = "") -> Budget:
    """The components that the options name; `PopmarginError` for what cannot be one.

    Parameters: the parsed options, and what the data beside the components hold, in words.
    """
    from popmargin.cli.margin_command import parse_axes

    components = _read(options.budget) if options.budget is not None else []
    if options.breathing_traces is not None:
        components.append(_from_traces(options))
    if options.breathing is not None:
        amplitude = parse_axes("--breathing", options.breathing)
        lr, si, ap = amplitude * 3 if len(amplitude) == 1 else amplitude
        ratio = options.breathing_ratio
        components.append(breathing_component(lr, si, ap, "command line", sd_ratio=ratio))
    if options.budget_complete and not components:
        raise WrongUsage(
            "--budget-complete needs --budget or --breathing: the data alone are one kind of error"
        )
    complete = bool(options.budget_complete)
    names = [data, *(part.component for part in components)]
    return Budget(components, complete, budget_remarks(names, complete))


def _from_traces(options: argparse.Namespace) -> ErrorComponent:
    from popmargin.motion.trace_summaries import summarise_traces
    from popmargin.tables.read import read_table
    from popmargin.tables.source import SourceDeclaration

    if options.breathing is not None:
        raise WrongUsage("breathing has one origin: give --breathing or --breathing-traces")
    label = Path(options.breathing_traces).name
    table = read_table(options.breathing_traces, SourceDeclaration(label=label, table="traces"))
    rows, _ = summarise_traces(table.frame.collect())
    return trace_breathing(rows)


def _read(path: str) -> list[ErrorComponent]:
    from popmargin.tables.read import read_table
    from popmargin.tables.source import SourceDeclaration

    # Nothing of a budget may be set aside: a lost component makes the margin too small.
    source = SourceDeclaration(label=Path(path).name, table="error_budget", max_set_aside_share=0.0)
    table = read_table(path, source).frame.collect()
    try:
        return components_of_rows(table.to_dicts())
    except OutOfRange as error:
        remedy = "an SD is never negative; offsets may be"
        raise RefusedInput(source.label, "possible components", str(error), remedy) from None
