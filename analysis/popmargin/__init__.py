"""popmargin: population set-up errors and CTV-to-PTV margins from image-guidance logs.

A research tool, not a medical device. Every estimate comes with its interval; every margin says
what it covers. The commonest uses, on a data frame of shifts:

>>> import polars as pl
>>> shifts = pl.DataFrame({
...     "patient_id": ["a", "a", "b", "b", "c", "c"], "fraction": [1, 2, 1, 2, 1, 2],
...     "lr_mm": [0.0, 2.0, 3.0, 5.0, -1.0, -3.0], "si_mm": [1.0, 1.0, 2.0, 4.0, 0.0, -2.0],
...     "ap_mm": [0.5, 0.0, 1.0, 0.0, -0.5, 0.5]})
>>> round(estimate_population_errors(shifts)["systematic_sd_mm"][0], 4)
2.8284
>>> estimate_margins(shifts, recipes=["van_herk_linear"])["covers"][0]
'set-up error before correction only'
"""

from popmargin.api import (
    describe_recipes,
    estimate_margins,
    estimate_population_errors,
    find_quality_faults,
    read_shifts,
)

__version__ = "1.0.0"
__all__ = [
    "__version__",
    "describe_recipes",
    "estimate_margins",
    "estimate_population_errors",
    "find_quality_faults",
    "read_shifts",
]
