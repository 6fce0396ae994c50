"""Choose the images that count and sum them per unit, a range of patients at a time, file to file.

All rows of a patient are in one range, and the sums are exact: the tables are the same as of the
whole table at once, whatever the ranges. Memory follows a range, not the table.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import polars as pl

from popmargin.core.axes import AXES
from popmargin.errors.select import filter_rows, group_label, row_key, select_images
from popmargin.errors.selection_remarks import image_flags, pooled_flags
from popmargin.errors.units import UnitSums, summarise_units
from popmargin.pipeline.account import selection_lines, write_flags
from popmargin.pipeline.within_reach import sampling_flags
from popmargin.tables.ranges import RANGE_ROWS, pieces_of_sorted
from popmargin.tables.write import write_pieces, write_table

_PATIENT: Final = "patient_id"
# A group takes few rows of a part: what is read in vain is about one row group of each.
_GROUP_ROWS: Final = 16_384


def summarise_file(
    shifts: str | Path,
    unit_summaries: Sequence[str | Path],
    selected: str | Path,
    ledger: str | Path,
    flags: str | Path,
    *,
    range_rows: int = RANGE_ROWS,
    **choice: Any,
) -> None:
    """Write the summaries of every unit, the chosen rows, and the account of the others.

    Parameters
    ----------
    shifts : Parquet file of canonical shifts, sorted by patient.
    unit_summaries : files to write, CSV and Parquet: the one for people, the other for rules.
    selected, ledger, flags : files to write.
    range_rows : about as many rows are held at a time; the tables do not depend on it.
    choice : ``group_by``, ``timing``, ``surrogate`` and ``image`` as in
        `popmargin.errors.units.summarise_units`.

    Raises
    ------
    RefusedInput
        When no row has the wanted timing and surrogate, or a group column does not exist.
    """
    rows = pl.scan_parquet(shifts, glob=False)
    with tempfile.TemporaryDirectory(prefix=".parts-", dir=Path(selected).parent) as folder:
        parts = _Parts(Path(folder))
        for piece in pieces_of_sorted(rows, _PATIENT, rows=range_rows):
            parts.take(piece, choice)
        if not parts.count:
            summarise_units(rows, **choice)  # says what there is instead
        for table in unit_summaries:
            write_pieces(parts.summaries(), table, contract="unit_summaries")
        write_pieces(parts.selected(), selected)
    averaged = choice["image"] == "mean"
    lines = selection_lines(parts.rows, parts.images, parts.fractions, averaged)
    write_table(lines, ledger, contract="ledger")
    remarks = [
        *pooled_flags(rows, choice["group_by"]),
        *image_flags(parts.images, parts.fractions, choice["image"]),
        *sampling_flags(parts.groups),
    ]
    write_flags(remarks, flags)


def sums_of_file(shifts: str | Path, *, range_rows: int = RANGE_ROWS, **choice: Any) -> UnitSums:
    """As `popmargin.errors.units.summarise_units`, of a Parquet file sorted by patient.

    Only the sums of the units are held, and the rows of a range of patients.
    """
    rows = pl.scan_parquet(shifts, glob=False)
    found = [
        summarise_units(wanted, **choice)
        for piece in pieces_of_sorted(rows, _PATIENT, rows=range_rows)
        if not (wanted := _wanted(piece, choice)).is_empty()
    ]
    if not found:
        return summarise_units(rows, **choice)  # says what there is instead
    return replace(
        found[0],
        frame=pl.concat(part.frame for part in found),
        images=sum(part.images for part in found),
        selected=sum(part.selected for part in found),
    )


def _wanted(piece: pl.DataFrame, choice: Mapping[str, Any]) -> pl.DataFrame:
    """Rows of the wanted timing and surrogate."""
    by = {name: choice[name] for name in ("timing", "surrogate", "group_by")}
    return filter_rows(piece.lazy(), **by).collect()


@dataclass(slots=True)
class _Parts:
    """What each range of patients gave, on disk, and what was counted."""

    folder: Path
    count: int = 0
    rows: int = 0
    images: int = 0
    fractions: int = 0
    groups: dict[str, tuple[int, int]] = field(default_factory=dict)

    def take(self, piece: pl.DataFrame, choice: Mapping[str, Any]) -> None:
        """Choose and sum the rows of some patients."""
        self.rows += piece.height
        wanted = _wanted(piece, choice)
        if wanted.is_empty():
            return
        units: UnitSums = summarise_units(wanted, **choice)
        chosen = _with_centre(wanted, **choice)
        self.images += units.images
        self.fractions += units.selected
        sizes = chosen.group_by("group").agg(pl.len(), pl.col(_PATIENT).n_unique())
        for group, rows, patients in sizes.iter_rows():
            before = self.groups.get(group, (0, 0))
            self.groups[group] = (before[0] + rows, before[1] + patients)
        self._keep("units", units.summaries())
        self._keep("rows", chosen.sort("group", _PATIENT, pl.exclude("group", _PATIENT)))
        self.count += 1

    def summaries(self) -> Iterator[pl.DataFrame]:
        """Summaries of all units, sorted by group, axis and unit."""
        axis = pl.col("axis")
        return self._in_order("units", [axis == name for name in AXES])

    def selected(self) -> Iterator[pl.DataFrame]:
        """The chosen rows, sorted by group and patient."""
        return self._in_order("rows", [pl.lit(value=True)])

    def _keep(self, name: str, frame: pl.DataFrame) -> None:
        frame.write_parquet(self._path(name, self.count), row_group_size=_GROUP_ROWS)

    def _path(self, name: str, number: int) -> Path:
        return self.folder / f"{name}_{number}.parquet"

    def _in_order(self, name: str, within: Sequence[pl.Expr]) -> Iterator[pl.DataFrame]:
        """Rows of the parts, which follow each other by patient, by group and then ``within``."""
        parts = [pl.scan_parquet(self._path(name, k), glob=False) for k in range(self.count)]
        yield parts[0].head(0).collect()
        for group in sorted(self.groups):
            for condition in within:
                for part in parts:
                    yield part.filter(pl.col("group") == group, condition).collect()


def _with_centre(rows: pl.DataFrame, *, group_by: Sequence[str], **choice: Any) -> pl.DataFrame:
    """The chosen images with their centre: it makes no group, but a level of its own."""
    columns = [*dict.fromkeys([*group_by, "centre"])] if "centre" in rows.columns else group_by
    key = [*row_key(rows.columns, columns), "fraction"]
    # Choosing takes ten times the memory of the rows, and most fractions have one image.
    several = rows.select(pl.struct(key).is_duplicated()).to_series()
    if choice["image"] == "mean":
        several |= True
    chosen = select_images(rows.filter(several).lazy(), group_by=columns, **choice).collect()
    names = pl.exclude("group")
    alone = rows.filter(~several).select(chosen.select(names).columns)
    return pl.concat([alone, chosen.select(names)]).with_columns(group_label(group_by))
