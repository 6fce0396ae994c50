"""Every so many patients of a very long table, for what needs all rows of a patient at once.

Population errors and margins rest on every row, by exact sums. Correlations, trends, distributions
and replays hold their rows together: of a country's patients they look at every so many of each
group, which is plenty (of 30,000 patients the SD of means is known to 0.4 %) and is said
among the flags. Small groups are looked at whole.

Limits: patients are taken in the order of their ids, which must have nothing to do with their
errors; of what is rare a part of the patients shows less.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from popmargin.core.flags import Flag
from popmargin.errors.select import group_label
from popmargin.motion.moves import WITHIN_FRACTION
from popmargin.tables.result import refused_unless_readable, scan_result, typed_columns

MOST_FRACTIONS: Final = 1_000_000
MOST_UNITS: Final = 60_000
N_PATIENTS: Final = "n_patients"
_PATIENT: Final = "patient_id"
_FRACTIONS: Final = "_fractions"
_BATCH: Final = 1_000_000


def read_selected(
    selected: str | Path, *, by_centre: bool = False, most: int = MOST_FRACTIONS
) -> pl.DataFrame:
    """The chosen rows, or those of every so many patients of each group.

    Parameters
    ----------
    selected : Parquet file of chosen rows with ``group`` and ``patient_id``.
    by_centre : small centres of a group are looked at whole, too.
    most : about so many rows are held at once.
    """
    table = pl.scan_parquet(selected, glob=False)
    if _height(table) <= most:
        return table.collect()
    strata = ["group", "centre"] if by_centre else ["group"]
    there = [name for name in strata if name in table.collect_schema().names()]
    kept = _kept(_patients(table, there), there, most)
    return _of(table, kept, there).collect(engine="streaming")


def sampling_flags(
    groups: Mapping[str, tuple[int, int]], *, most: int = MOST_FRACTIONS
) -> list[Flag]:
    """What the reader must know where `read_selected` leaves patients out.

    ``groups`` has the number of chosen rows and of patients of each group.

    >>> [flag.patients for flag in sampling_flags({"a": (900, 90), "b": (50, 5)}, most=200)]
    [15]
    """
    rows = sum(count for count, _ in groups.values())
    if rows <= most:
        return []
    share = max(1, most // len(groups))
    every = sum(patients for _, patients in groups.values())
    # As many as every so many of a row of patients, from the first one on.
    looked_at = sum(-(-patients // -(-count // share)) for count, patients in groups.values())
    message = (
        f"population errors and margins rest on all {rows} fractions; correlations, trends, "
        "distributions, logged courses, replays and comparisons of centres look at "
        f"{looked_at} of {every} patients (every so many ids of each group; small groups, and "
        "small centres where centres are compared, whole)"
    )
    return [Flag("patients_sampled", "info", message, patients=looked_at)]


def read_images_within_fractions(
    shifts: str | Path, group_by: Sequence[str] = (), *, most: int = MOST_FRACTIONS
) -> tuple[pl.DataFrame, list[Flag]]:
    """All images of the patients who have one after the start of treatment, and what to remark.

    Parameters
    ----------
    shifts : Parquet file of canonical shifts.  group_by : columns that make the groups.
    most : about so many rows are held at once; beyond, every so many patients of each group.
    """
    table = pl.scan_parquet(shifts, glob=False).with_columns(group_label(group_by))
    if "timing" not in table.collect_schema().names():
        return table.head(0).collect(), []
    later = table.filter(pl.col("timing").is_in(WITHIN_FRACTION)).select(_PATIENT)
    # Asked first and by itself: in one query with the join the whole table would be kept.
    moving = later.unique().collect(engine="streaming")
    if moving.is_empty():
        return table.head(0).collect(), []
    images = _of(table, moving, [])
    rows = _height(images)
    if rows <= most:
        return images.collect(engine="streaming"), []
    patients = _patients(images, ["group"])
    kept = _kept(patients, ["group"], most)
    looked_at, every = (part.select(_PATIENT).n_unique() for part in (kept, patients))
    message = (
        f"motion within fractions is estimated from {looked_at} of {every} patients (every so many "
        f"ids of each group): there are {rows} images"
    )
    flag = Flag("motion_sampled", "info", message, patients=looked_at)
    return _of(images, kept, ["group"]).collect(engine="streaming"), [flag]


def read_units_shown(unit_summaries: str | Path, *, most: int = MOST_UNITS) -> pl.DataFrame:
    """Summaries of units for pictures: all, or those of every so many patients of each group.

    Where some are left out, the column ``n_patients`` tells how many the group has. Raises
    `RefusedInput` when the file is no such table.
    """
    contract = "unit_summaries"
    with refused_unless_readable(Path(unit_summaries), contract):
        return _units_shown(scan_result(unit_summaries), contract, most)


def _units_shown(text: pl.LazyFrame, contract: str, most: int) -> pl.DataFrame:
    if _height(text) <= most:
        return typed_columns(text, contract)
    patients = _patients(text, ["group"])
    sizes = patients.group_by("group").agg(pl.len().cast(pl.Int64).alias(N_PATIENTS))
    shown = typed_columns(_of(text, _kept(patients, ["group"], most), ["group"]), contract)
    return shown.join(sizes, on="group", how="left", maintain_order="left")


def _height(table: pl.LazyFrame) -> int:
    return int(table.select(pl.len()).collect(engine="streaming").item())


def _patients(table: pl.LazyFrame, strata: Sequence[str]) -> pl.DataFrame:
    """Patients of each stratum with the number of their rows, in a fixed order."""
    keys = [*strata, _PATIENT]
    each = pl.len().cast(pl.Int64).alias(_FRACTIONS)
    counts = table.head(0).group_by(keys).agg(each).collect()
    waiting: list[pl.DataFrame] = []
    # Batch by batch: to group all rows at once takes five times the memory of the patients.
    for batch in table.select(keys).collect_batches(chunk_size=_BATCH, engine="streaming"):
        waiting.append(batch.group_by(keys).agg(each))
        if sum(part.height for part in waiting) > max(_BATCH, counts.height):
            counts, waiting = _added([counts, *waiting], keys), []
    return _added([counts, *waiting], keys).sort(keys)


def _added(counts: Sequence[pl.DataFrame], keys: Sequence[str]) -> pl.DataFrame:
    return pl.concat(counts).group_by(keys).agg(pl.col(_FRACTIONS).sum())


def _kept(patients: pl.DataFrame, strata: Sequence[str], most: int) -> pl.DataFrame:
    """Patients to look at: an equal share of ``most`` rows for each stratum, evenly by id."""
    share = max(1, most // patients.select(strata).n_unique())
    step = -(-pl.col(_FRACTIONS).sum() // share)
    place = pl.int_range(pl.len())
    return patients.filter((place % step == 0).over(strata)).select(*strata, _PATIENT)


def _of(table: pl.LazyFrame, kept: pl.DataFrame, strata: Sequence[str]) -> pl.LazyFrame:
    """Rows of the patients ``kept``, in their order."""
    keys = [*strata, _PATIENT]
    return table.join(kept.lazy(), on=keys, how="semi", nulls_equal=True, maintain_order="left")
