"""The trial-design report: sections ready for a protocol, made of result tables and the config.

It estimates nothing. HTML, PDF and DOCX show the same sections.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from popmargin.reports.columns import axis, counted, estimate, table_of, text, text_table
from popmargin.reports.numbers import number
from popmargin.reports.section import PageFigure, PageTable, Section
from popmargin.reports.trial_protocols import PROTOCOL_WORDS, protocols_table
from popmargin.reports.trial_statements import (
    OPEN,
    checklist_rows,
    trial_statements,
)
from popmargin.reports.trial_tables import (
    centres_table,
    credentials_table,
    evidence_table,
    operating_table,
    prior_table,
    run_in_table,
    sensitivity_table,
    survival_table,
)

Tables = Mapping[str, pl.DataFrame]
_NOTICE: Final = (
    "Made by popmargin {version}, a research tool, not a medical device. Statements are drafts for "
    "a trial group: every number comes from the study's tables or its config, what is open says so."
)


EVIDENCE_WORDS: Final = (
    "Published comparisons of margins, image guidance or protocols. Randomised and other "
    "comparisons stand side by side; a row marked recalled was not checked in its source. "
    "Pooled rows hold studies of one endpoint and contrast only."
)


@dataclass(frozen=True, slots=True)
class TrialDocument:
    """Title, notice and sections of the report, whatever its form."""

    title: str
    notice: str
    sections: tuple[Section, ...]


def trial_document(
    tables: Tables, figures: Sequence[PageFigure], study: Mapping[str, Any], version: str
) -> TrialDocument:
    """The report's sections.

    Parameters
    ----------
    tables : contracts ``trial_design``, ``trial_operating``, ``trial_sensitivity``,
        ``trial_evidence``, ``trial_centres``, ``population_errors``, ``margins`` and
        ``margin_coverage`` by name; ``replayed_errors`` where protocols were replayed.
    figures : drawn figures of the report, by their names.
    study : as the config states it; version : of popmargin.

    Returns
    -------
    The document; the same for the same arguments.
    """
    trial = study["trial"]
    design = tables["trial_design"].row(0, named=True)
    operating = {row["case"]: row for row in tables["trial_operating"].rows(named=True)}
    survival = {row["case"]: row for row in tables["trial_survival"].rows(named=True)}
    said = trial_statements(trial, design, operating, survival)
    drawn = {figure.name: figure for figure in figures}
    group = trial["group"]
    sections = (
        Section("synopsis", "Synopsis", [said["objective"]], [_synopsis(said)]),
        _rationale(tables, group, drawn),
        _geometry(tables, group, study, said),
        _size(tables, said, drawn),
        Section(
            "plan",
            "Analysis plan",
            [said[name] for name in ("analysis", "analysed", "missing", "additional", "plan")],
        ),
        Section("spirit", "SPIRIT 2025", [_checked()], [_checklist("spirit", said)]),
        Section("consort", "CONSORT 2025", [_checked()], [_checklist("consort", said)]),
        Section("limits", "Limits", [_limits(design)]),
    )
    return TrialDocument(trial["title"], _NOTICE.format(version=version), sections)


def _synopsis(said: Mapping[str, str]) -> PageTable:
    topics = {"design": "Design", "setting": "Setting", "population": "Population", "arms": "Arms",
              "outcome": "Outcomes", "sequence": "Randomisation", "interim": "Interim analysis",
              "adherence": "Adherence", "quality": "Quality assurance"}  # fmt: skip
    rows = [(title, said[name]) for name, title in topics.items()]
    return text_table("The trial in short", ("Topic", "Statement"), rows)


def _rationale(tables: Tables, group: str, drawn: Mapping[str, PageFigure]) -> Section:
    words = EVIDENCE_WORDS
    table = evidence_table(tables["trial_evidence"])
    figures = [drawn[name] for name in ("trial_evidence",) if name in drawn]
    own = _own_figures(tables, group)
    return Section("rationale", "Rationale", [words], [table, own], figures=figures)


def _own_figures(tables: Tables, group: str) -> PageTable:
    """Errors of the trial's group, with intervals."""
    rows = tables["population_errors"].filter(group=group)
    return table_of(
        f"Errors of the study's own patients ({group}), with intervals",
        rows.filter(pl.col("estimator") == pl.col("estimator").first()).rows(named=True),
        [
            axis("text"),
            counted("Patients", "n_patients"),
            estimate("M, mm", "group_mean", digits=1),
            estimate("Σ, mm", "systematic_sd", digits=1),
            estimate("σ, mm", "random_sd", digits=1),
        ],
        "tables/population_errors.csv",
    )


def _geometry(
    tables: Tables, group: str, study: Mapping[str, Any], said: Mapping[str, str]
) -> Section:
    """Geometric uncertainty and image guidance, ready for a protocol."""
    trial = study["trial"]
    recipe = study["margins"]["recipes"][0]
    action = trial["action_level_mm"]
    level = (
        f"Positions beyond {number(float(action))} mm on an axis are corrected."
        if action is not None
        else f"Action level: {OPEN.lower()}"
    )
    table = table_of(
        f"Margins by {recipe} for the errors as logged",
        tables["margins"].filter(group=group, recipe=recipe).rows(named=True),
        [axis("text"), estimate("Margin, mm", "margin", digits=1), text("Covers", "covers")],
        "tables/margins.csv",
    )
    words = [
        f"Imaging: {(trial['imaging'] or OPEN).rstrip('.')}. {level}",
        f"CTV-to-PTV margins follow {recipe} from systematic and random errors of logged image "
        "matches, with 95 % intervals; they cover the errors named in the table and no others. "
        "What is not in the logs (delineation, breathing, rotations, changes within a fraction) is "
        "added as variances from the error budget before a margin is called complete.",
        f"Quality assurance: {said['quality']} Each centre logs every match and correction and "
        "repeats this analysis before it opens, after the first ten patients and yearly.",
        said["sites"],
    ]
    shown = [table]
    if "replayed_errors" in tables:
        protocols = protocols_table(tables["replayed_errors"], group, recipe)
        if protocols is not None:
            shown.append(protocols)
            words.insert(2, PROTOCOL_WORDS)
    if tables["trial_centres"].height:
        shown.append(centres_table(tables["trial_centres"]))
    if tables["trial_credentials"].height:
        shown.append(credentials_table(tables["trial_credentials"]))
    if tables["trial_run_in"].height:
        shown.append(run_in_table(tables["trial_run_in"]))
    return Section("geometry", "Geometric uncertainty and image guidance", words, shown)


def _size(tables: Tables, said: Mapping[str, str], drawn: Mapping[str, PageFigure]) -> Section:
    timed = tables["trial_survival"]
    shown = [survival_table(timed)] if timed.height else []
    shown += [
        operating_table(tables["trial_operating"]),
        sensitivity_table(tables["trial_sensitivity"]),
        prior_table(tables["trial_prior"]),
    ]
    figures = [drawn[name] for name in ("trial_power",) if name in drawn]
    words = [said["size"], *filter(None, [said["binary"]]), said["interim"]]
    return Section("size", "Sample size", words, shown, figures=figures)


def _checklist(name: str, said: Mapping[str, str]) -> PageTable:
    titles = ("Item", "Topic", "Statement")
    return text_table("Items filled as far as a run can", titles, checklist_rows(name, said))


def _checked() -> str:
    return (
        "Topics and numbers of the items are recalled: check them against the published "
        "checklist before submission."
    )


def _limits(design: Mapping[str, Any]) -> str:
    return (
        f"The size rests on assumed risks ({design['risk_source']}). Where they come from a "
        "geometric phantom they are model figures with a wide band. Published effects of single "
        "trials, above all of those stopped early, tend to overstate; the sensitivity table shows "
        "what a smaller effect would need. Drop-out was simulated as unrelated to the outcome."
    )
