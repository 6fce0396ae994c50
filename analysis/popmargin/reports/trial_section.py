"""Sections of the study's report on the trial that it asks for: evidence and sizes."""

import polars as pl

from popmargin.reports.section import Section
from popmargin.reports.trial_report import EVIDENCE_WORDS
from popmargin.reports.trial_tables import evidence_table, sensitivity_table


def evidence_section(trial_evidence: pl.DataFrame) -> Section:
    """Published comparisons of margins and protocols. Parameters: contract ``trial_evidence``."""
    table = evidence_table(trial_evidence)
    return Section("evidence", "What trials have found", [EVIDENCE_WORDS], [table])


def sizes_section(trial_sensitivity: pl.DataFrame) -> Section:
    """What the trial would need if the truth were this. Parameters: ``trial_sensitivity``."""
    words = (
        "Patients in each arm for the assumed effect and for effects that trials have published, "
        "by the formula (full compliance, no drop-out). The design itself, with its simulated "
        "operating characteristics, is in trial_report.html, .pdf and .docx."
    )
    table = sensitivity_table(trial_sensitivity)
    return Section("trial", "A trial and its size", [words], [table])
