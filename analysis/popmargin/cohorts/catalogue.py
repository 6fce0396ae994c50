"""Every synthetic cohort that a config can name, by the table that it is."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import polars as pl

from popmargin.cohorts.anatomy import anatomy_cohort
from popmargin.cohorts.breathing import breathing_cohort
from popmargin.cohorts.published import published_cohort
from popmargin.cohorts.within_fractions import within_fraction_cohort
from popmargin.core.exceptions import WrongUsage
from popmargin.core.resources import resource_path

Builder = Callable[..., pl.DataFrame]
# Table -> (reference table of its cohorts, what builds one).
COHORTS: Final[Mapping[str, tuple[tuple[str, Builder], ...]]] = {
    "shifts": (
        ("example_cohorts.csv", published_cohort),
        ("example_walks.csv", within_fraction_cohort),
    ),
    "traces": (("example_breathing.csv", breathing_cohort),),
    "anatomy": (("example_anatomy.csv", anatomy_cohort),),
}


def cohort_labels(table: str) -> list[str]:
    """Labels of the cohorts that are a ``table``, in the order of their reference tables.

    >>> cohort_labels("traces")
    ['lung_breathing']
    """
    return [
        label
        for file, _ in COHORTS.get(table, ())
        for label in pl.read_csv(resource_path("reference", file))["label"].unique(
            maintain_order=True
        )
    ]


def synthetic_table(table: str, label: str, *, rng: np.random.Generator) -> pl.DataFrame:
    """The cohort ``label`` as a ``table``.

    Parameters: ``table`` shifts, traces or anatomy; ``rng`` the source of the draws. Raises
    `WrongUsage` when there is no such cohort.

    >>> synthetic_table("shifts", "prostate", rng=np.random.default_rng(1)).height
    805
    """
    for file, build in COHORTS.get(table, ()):
        labels = pl.read_csv(resource_path("reference", file))["label"]
        if label in labels.to_list():
            return build(label, rng=rng)
    known = ", ".join(cohort_labels(table)) or "none"
    raise WrongUsage(f"cohort: no {table} cohort {label!r}; there are {known}")
