"""Shifts of several centres, as rows and as packets."""

import numpy as np
import polars as pl

from popmargin.errors.centre_packet import summarise_centre
from popmargin.errors.units import summarise_units


def shifts(centre, patients, seed=1, sizes=(4, 6), sites=("lung",), mean=0.0):
    """Rows of ``patients`` patients; numbers of fractions and sites take turns."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(patients):
        offset = rng.normal(mean, 2.0, 3)
        for fraction in range(1, sizes[number % len(sizes)] + 1):
            values = np.round(offset + rng.normal(0.0, 2.0, 3), 1).tolist()
            site = sites[number % len(sites)]
            rows.append((f"{centre}-{number:03d}", fraction, *values, site, centre))
    names = ["patient_id", "fraction", "lr_mm", "si_mm", "ap_mm", "site", "centre"]
    return pl.DataFrame(rows, schema=names, orient="row")


def packet(frame, centre, group_by=(), **options):
    """The packet of a centre from its rows."""
    units = summarise_units(frame, group_by=group_by)
    return summarise_centre(units, centre=centre, timing="before_correction", **options)[0]
