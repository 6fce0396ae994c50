"""Sections on separate analyses of one log, and on set-up error beside organ motion."""

import polars as pl

from popmargin.reports.columns import axis, counted, estimate, named, plain, table_of, text
from popmargin.reports.numbers import NOT_ESTIMABLE
from popmargin.reports.section import Section


def analyses_section(errors: pl.DataFrame) -> Section:
    """Errors and margin of each analysis, and what they cover.

    Parameters: a table after the contract ``analysis_errors``.
    """
    words = (
        "Each analysis rests on images of its own: before correction, after correction, after "
        "treatment less its start. Their errors add up in one error budget only as far as each "
        "is still there when treatment is given; a margin of one row is never a PTV margin."
    )
    table = table_of(
        "Analyses, mm: value (interval)",
        errors.rows(named=True),
        [
            named("Analysis", "analysis"),
            text("Group", "group"),
            axis("text"),
            counted("Patients", "n_patients"),
            counted("Fractions", "n_fractions"),
            estimate("M", "group_mean"),
            estimate("Σ", "systematic_sd"),
            estimate("σ", "random_sd"),
            estimate("Margin", "margin", digits=1),
            text("Covers", "covers"),
        ],
        "tables/analysis_errors.csv",
    )
    return Section("analyses", "Inter-fraction, residual, intra-fraction", [words], [table])


def organ_motion_section(motion: pl.DataFrame) -> Section:
    """Set-up error, motion of the target against it, and how they go together.

    Parameters: a table after the contract ``organ_motion``.
    """
    words = (
        "Two matches of one fraction: that on bone is the set-up error, that on the target less it "
        "is the motion of the target against the bones. A correction on bone leaves the motion. "
        "Both matches' own errors are inside the motion, and a negative covariance may come from "
        "an error of the bone match alone."
    )
    table = table_of(
        "Set-up error and organ motion, mm: value (interval)",
        motion.rows(named=True),
        [
            text("Group", "group"),
            axis("text"),
            text("Error", "level"),
            counted("Patients", "n_patients"),
            counted("Fractions", "n_fractions"),
            estimate("Set-up SD", "setup_sd"),
            estimate("Motion M", "motion_mean"),
            estimate("Motion SD", "motion_sd"),
            plain("Covariance, mm²", "covariance_mm2", 2, missing=NOT_ESTIMABLE),
            estimate("Correlation", "correlation", ""),
        ],
        "tables/organ_motion.csv",
    )
    return Section("organ-motion", "Set-up error and organ motion", [words], [table])
