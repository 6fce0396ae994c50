"""Sections on outcomes and trials by the table that each shows, in the order of the report."""

from collections.abc import Callable
from typing import Final

import polars as pl

from popmargin.reports.dose_section import dose_section, fits_section
from popmargin.reports.observed_section import (
    associations_section,
    balance_section,
    incidence_section,
    prediction_section,
    weighted_section,
)
from popmargin.reports.outcome_section import outcome_chain_section
from popmargin.reports.section import Section
from popmargin.reports.trial_section import evidence_section, sizes_section

OUTCOME_SECTIONS: Final[dict[str, Callable[[pl.DataFrame], Section]]] = {
    "outcome_chain": outcome_chain_section,
    "dose_responses": dose_section,
    "ntcp_fits": fits_section,
    "outcome_incidence": incidence_section,
    "outcome_effects": associations_section,
    "outcome_weighted": weighted_section,
    "outcome_balance": balance_section,
    "outcome_prediction": prediction_section,
    "trial_evidence": evidence_section,
    "trial_sensitivity": sizes_section,
}
