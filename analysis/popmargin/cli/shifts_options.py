"""Options that every command on a shifts table shares, and the reading that they ask for."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from popmargin.cli.number_types import seed, share
from popmargin.core.exceptions import RefusedInput, WrongUsage
from popmargin.core.flags import Flag
from popmargin.errors.quantity import Estimator, RandomEstimator
from popmargin.errors.select import filter_rows
from popmargin.errors.selection_remarks import image_flags, pooled_flags
from popmargin.errors.units import SumsBeside, UnitSums, summarise_units
from popmargin.tables.read import TableRead, read_table
from popmargin.tables.source import SourceDeclaration


def add_reading_options(parser: argparse.ArgumentParser) -> None:
    """How the file is to be read."""
    group = parser.add_argument_group("reading")
    group.add_argument(
        "--decimal", choices=[".", ","], default=".", help="decimal mark (default .)"
    )
    group.add_argument(
        "--separator",
        metavar="MARK",
        help="column separator: a mark, or the word tab (default by file ending)",
    )
    group.add_argument(
        "--encoding", default="utf-8", help="encoding of a text file (default utf-8)"
    )
    group.add_argument("--sheet", help="sheet of a workbook (default the first)")
    group.add_argument(
        "--max-set-aside",
        type=float,
        default=0.05,
        metavar="SHARE",
        help="share of rows that may be set aside before the table is refused (default 0.05)",
    )


RANDOM_ESTIMATORS = ("rms", "pooled", "mean")


def add_estimating_options(
    parser: argparse.ArgumentParser, *, random_is_text: bool = False
) -> None:
    """What is estimated, and how; ``random_is_text`` where --random may also hold numbers."""
    add_choosing_options(parser)
    add_estimator_options(parser, random_is_text=random_is_text)


def add_choosing_options(parser: argparse.ArgumentParser) -> None:
    """Which rows count, and what groups they make."""
    group = parser.add_argument_group("choosing")
    group.add_argument(
        "--by",
        action="append",
        default=[],
        metavar="COLUMN",
        help="group column; several times, or several separated by commas",
    )
    group.add_argument(
        "--timing",
        choices=["before_correction", "after_correction", "during_treatment", "after_treatment"],
        default="before_correction",
        help="which positions are analysed (default before_correction)",
    )
    surrogates = ["bone", "soft_tissue", "marker", "surface"]
    group.add_argument("--surrogate", choices=surrogates, help="what was matched (default any)")
    group.add_argument(
        "--image",
        choices=["first", "last", "mean"],
        default="first",
        help="which image of a fraction counts (default first)",
    )


def add_estimator_options(parser: argparse.ArgumentParser, *, random_is_text: bool = False) -> None:
    """How it is estimated; ``random_is_text`` where --random may also hold numbers."""
    group = parser.add_argument_group("estimating")
    group.add_argument(
        "--estimator",
        choices=["anova", "reml", "conventional"],
        default="anova",
        help="default anova",
    )
    group.add_argument(
        "--random",
        choices=None if random_is_text else RANDOM_ESTIMATORS,
        help="average of the patient SDs, for --estimator conventional (default rms)",
    )
    group.add_argument("--level", type=share, default=0.95, help="confidence level (default 0.95)")
    group.add_argument("--seed", type=seed, default=1, help="seed of the draws (default 1)")


@dataclass(frozen=True, slots=True)
class Reading:
    """A shifts table read and summarised, with all that its reader must know."""

    table: TableRead
    units: UnitSums
    flags: tuple[Flag, ...]
    assumptions: tuple[str, ...]


def declaration(options: argparse.Namespace, table: str) -> SourceDeclaration:
    """What the command line declares about the file."""
    return SourceDeclaration(
        label=Path(options.table).name,
        table=table,
        decimal=options.decimal,
        separator={"tab": "\t", "\\t": "\t"}.get(options.separator, options.separator),
        encoding=options.encoding,
        sheet=options.sheet,
        max_set_aside_share=options.max_set_aside,
    )


def random_estimator(options: argparse.Namespace) -> RandomEstimator:
    """The wanted average of patient SDs; `WrongUsage` with an estimator that has its own."""
    if options.random is not None and options.random not in RANDOM_ESTIMATORS:
        found = f"found {options.random!r}; a number goes with --systematic"
        raise WrongUsage(f"--random: expected one of {', '.join(RANDOM_ESTIMATORS)}, {found}")
    if options.random is not None and options.estimator != "conventional":
        raise WrongUsage(
            f"--random {options.random} belongs to --estimator conventional; "
            f"{options.estimator} has a random SD of its own"
        )
    chosen: RandomEstimator = options.random or "rms"
    return chosen


def estimator(options: argparse.Namespace) -> Estimator:
    """The wanted estimator."""
    chosen: Estimator = options.estimator
    return chosen


def group_columns(options: argparse.Namespace) -> list[str]:
    """Columns of ``--by``, given several times or separated by commas."""
    names = [name.strip() for entry in options.by for name in entry.split(",")]
    if "" in names:
        raise WrongUsage("--by: expected a column name, found an empty one")
    return list(dict.fromkeys(names))


def read_shifts(options: argparse.Namespace) -> Reading:
    """Read the shifts table and summarise it per unit."""
    by = group_columns(options)
    choice = {"group_by": by, "timing": options.timing, "surrogate": options.surrogate}
    table = read_table(
        options.table,
        declaration(options, "shifts"),
        keep=by,
        beside=lambda: SumsBeside(**choice),
    )
    lost = [name for name in by if name not in table.frame.collect_schema().names()]
    if lost:
        expected = f"a column {lost[0]} to group by"
        remedy = f"the columns are {', '.join(table.columns)}"
        raise RefusedInput(Path(options.table).name, expected, "no such column", remedy)
    try:
        units = summarise_units(table.frame, image=options.image, sums=table.beside, **choice)
        analysed = filter_rows(table.frame, **choice)
    except RefusedInput as error:
        where = error.where.replace("shifts", Path(options.table).name, 1)
        raise RefusedInput(where, error.expected, error.found, error.remedy) from None
    flags = [
        *table.flags,
        *pooled_flags(analysed, by),
        *image_flags(units.images, units.selected, options.image),
    ]
    return Reading(table, units, tuple(flags), table.assumptions)
