"""What the choice of rows means for its reader: groups pooled, images left out."""

from collections.abc import Sequence

import polars as pl

from popmargin.core.flags import Flag
from popmargin.errors.select import unit_key

# Populations that are rarely one: their means differ, which inflates the systematic error.
_KEPT_APART = {"site": "sites_pooled", "surrogate": "surrogates_pooled"}


def pooled_flags(shifts: pl.LazyFrame, group_by: Sequence[str]) -> list[Flag]:
    """One flag for each column of several values that the groups do not keep apart.

    >>> shifts = pl.LazyFrame({"site": ["lung", "brain"]})
    >>> [flag.code for flag in pooled_flags(shifts, [])], pooled_flags(shifts, ["site"])
    (['sites_pooled'], [])
    """
    there = shifts.collect_schema().names()
    flags = []
    for column, code in _KEPT_APART.items():
        if column in there and column not in group_by:
            distinct = shifts.select(pl.col(column).drop_nulls().unique())
            values = distinct.collect(engine="streaming").height
            if values > 1:
                message = (
                    f"{values} values of {column} are pooled into one group; "
                    f"group by {column} to keep them apart"
                )
                flags.append(Flag(code, "warn", message, column=column))
    return flags


def image_flags(images: int, selected: int, image: str) -> list[Flag]:
    """A flag when fractions have several images of which one counts (or their mean).

    >>> [flag.code for flag in image_flags(12, 10, "first")]
    ['several_images_per_fraction']
    """
    if selected == images:
        return []
    message = f"{images} images of {selected} fractions: the {image} of each counts"
    return [Flag("several_images_per_fraction", "info", message)]


def unit_flags(shifts: pl.LazyFrame) -> list[Flag]:
    """A flag when patients have several courses or plans: each is a reference of its own.

    >>> shifts = pl.LazyFrame({"patient_id": ["a", "a"], "plan": ["1", "2"]})
    >>> [flag.code for flag in unit_flags(shifts)]
    ['units_differ_from_patients']
    """
    key = unit_key(shifts.collect_schema().names())
    counts = (pl.col("patient_id").n_unique(), pl.struct(key).n_unique().alias("units"))
    patients, units = shifts.select(*counts).collect(engine="streaming").row(0)
    if units == patients:
        return []
    message = (
        f"{units} units (patient x course x plan) of {patients} patients: a new plan or isocentre "
        "is a new reference and so a unit of its own"
    )
    return [Flag("units_differ_from_patients", "info", message, patients=patients)]
