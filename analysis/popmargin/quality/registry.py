"""Every look for a silent fault, by the code of its flag."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from popmargin.quality.change_of_reference import find_change_of_reference
from popmargin.quality.duplicates import find_duplicates
from popmargin.quality.finding import Finder
from popmargin.quality.gross_errors import find_gross_errors
from popmargin.quality.merged_patients import find_merged_patients
from popmargin.quality.missing_fractions import find_missing_fractions
from popmargin.quality.mixed_timing import find_mixed_timing
from popmargin.quality.mixed_units import find_mixed_units
from popmargin.quality.rounding import find_rounding
from popmargin.quality.selective_logging import find_selective_logging
from popmargin.quality.sign_flips import find_sign_flips
from popmargin.quality.split_ids import find_split_ids
from popmargin.quality.zeros_for_missing import find_zeros_for_missing

FINDERS: Final[Mapping[str, Finder]] = MappingProxyType(
    {
        "mixed_units": find_mixed_units,
        "mixed_timing": find_mixed_timing,
        "sign_flip_by_source": find_sign_flips,
        "merged_patients": find_merged_patients,
        "split_ids": find_split_ids,
        "change_of_reference": find_change_of_reference,
        "selective_logging": find_selective_logging,
        "gross_errors": find_gross_errors,
        "zeros_for_missing": find_zeros_for_missing,
        "rounding": find_rounding,
        "duplicate_rows": find_duplicates,
        "missing_fractions": find_missing_fractions,
    }
)
