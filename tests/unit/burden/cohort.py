"""A small group of logged errors, and a section that asks for its burden."""

import functools

import numpy as np
import polars as pl

from popmargin.burden.question import burden_question
from popmargin.burden.study import estimate_burden
from popmargin.cohorts.moment_matched import moment_matched_cohort
from tests.unit.burden.site_records import SITE

SECTION = {
    "protocols": ["no_imaging", "nal:images=3", "weekly:first=3,carry=true", "daily"],
    "modalities": ["kv_cbct", "kv_planar"],
    "regions": {"all": "pelvis"},
    "prescription_gy": 70,
    "records": SITE,
}


@functools.cache
def selected(fractions=20, patients=12):
    """Chosen images of one group."""
    cohort = moment_matched_cohort(
        patients=patients,
        fractions=fractions,
        group_mean_mm=0.0,
        systematic_sd_mm=2.5,
        random_sd_mm=2.0,
        rng=np.random.default_rng(4),
    )
    return cohort.with_columns(group=pl.lit("all"))


def ask(**changes):
    """The question of the section with changes; ``fractions`` is that of the target."""
    target = {"fractions": changes.pop("fractions", 35), "ctv_radius_mm": 30}
    return burden_question(SECTION | changes, **target)


def burden(withheld=False, **changes):
    """The burden of the group."""
    return estimate_burden(selected(), ask(**changes), withheld=withheld)


def by_option(found):
    """Rows of the table ``burden`` by protocol and modality."""
    return {(row["protocol"], row["modality"]): row for row in found.tables["burden"]}
