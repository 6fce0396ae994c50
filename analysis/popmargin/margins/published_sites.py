"""Which published rows stand beside a group of the study: those of its site that can be drawn.

Assumptions: a site is what stands before any bracket or comma of its name, in any case.

Limits: a site that study and literature name differently does not match; groups of different sites
have the site of their first row.
"""

from typing import Final

import polars as pl

# What publications call the patient axes; other names (X, Y, vector, one side only) stay out.
PUBLISHED_AXES: Final = {
    "lr": "lr", "rl": "lr", "ml": "lr", "ll": "lr", "lat": "lr",
    "si": "si", "cc": "si", "lng": "si",
    "ap": "ap", "vrt": "ap",
}  # fmt: skip
_VALUES: Final = ("systematic_sd_mm", "random_sd_mm")


def published_beside(
    population_errors: pl.DataFrame, literature: pl.DataFrame, group: str
) -> pl.DataFrame:
    """Published rows of the site of a group, on a patient axis, with a systematic or random error.

    Parameters
    ----------
    population_errors : contract ``population_errors``; the site is its column ``site``, or the
        group's name where there is none.
    literature : contract ``literature``, or its columns ``site``, ``axis``, ``systematic_sd_mm``
        and ``random_sd_mm``.
    group : a group of ``population_errors``.

    Returns
    -------
    These rows, ``axis`` one of lr, si, ap.

    Examples
    --------
    >>> errors = pl.DataFrame({"group": ["a"], "site": ["Prostate, synthetic"]})
    >>> table = pl.DataFrame({"site": ["prostate (bone)", "liver"], "axis": ["CC", "SI"],
    ...     "systematic_sd_mm": [2.0, 3.0], "random_sd_mm": [None, 2.0]})
    >>> published_beside(errors, table, "a").rows()
    [('prostate (bone)', 'si', 2.0, None)]
    """
    column = "site" if "site" in population_errors.columns else "group"
    named = population_errors.filter(group=group)[column].first() or group
    matching = [_plain_site(name or "") == _plain_site(str(named)) for name in literature["site"]]
    axis = pl.col("axis").str.to_lowercase()
    return (
        literature.filter(pl.Series(matching, dtype=pl.Boolean))
        .with_columns(axis.replace_strict(PUBLISHED_AXES, default=None, return_dtype=pl.String))
        .drop_nulls("axis")
        .filter(pl.any_horizontal(pl.col(name).is_not_null() for name in _VALUES))
    )


def groups_beside_published(
    population_errors: pl.DataFrame, literature: pl.DataFrame
) -> tuple[list[str], list[str]]:
    """Groups with published values of their site, and groups without; in the table's order.

    Parameters: as `published_beside`.

    >>> errors = pl.DataFrame({"group": ["liver", "teaching set"]})
    >>> table = pl.DataFrame({"site": ["liver"], "axis": ["SI"], "systematic_sd_mm": [3.0],
    ...     "random_sd_mm": [2.0]})
    >>> groups_beside_published(errors, table)
    (['liver'], ['teaching set'])
    """
    groups = population_errors["group"].unique(maintain_order=True).to_list()
    known = [g for g in groups if published_beside(population_errors, literature, g).height]
    return known, [group for group in groups if group not in known]


def has_published(population_errors: pl.DataFrame, literature: pl.DataFrame) -> bool:
    """Whether any group has published values of its site beside it.

    Parameters: as `published_beside`.

    >>> has_published(pl.DataFrame({"group": ["liver"]}), pl.DataFrame({"site": ["lung"],
    ...     "axis": ["SI"], "systematic_sd_mm": [3.0], "random_sd_mm": [2.0]}))
    False
    """
    return bool(groups_beside_published(population_errors, literature)[0])


def _plain_site(site: str) -> str:
    """Name of a site without its details: the key that study and literature share."""
    return site.split("(")[0].split(",")[0].replace("_", " ").strip().casefold()
