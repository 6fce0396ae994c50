"""The trial-design report: sections ready for a protocol, made of result tables and the config.

It estimates nothing. HTML, PDF and DOCX show the same sections.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from popmargin.core.axes import AXIS_LABELS
from popmargin.reports.numbers import count, interval_of, number, with_interval
from popmargin.reports.section import Cell, Column, PageFigure, PageTable, Section, text_columns
from popmargin.reports.trial_statements import (
    OPEN,
    checklist_rows,
    trial_statements,
)
from popmargin.reports.trial_tables import (
    credentials_table,
    prior_table,
    run_in_table,
    survival_table,
)

Tables = Mapping[str, pl.DataFrame]
_DASH: Final = "\N{EN DASH}"
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
        ``margin_coverage`` by name.
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
    body = [[Cell(title), Cell(said[name])] for name, title in topics.items()]
    return PageTable("The trial in short", text_columns("Topic", "Statement"), body)


def _rationale(tables: Tables, group: str, drawn: Mapping[str, PageFigure]) -> Section:
    words = EVIDENCE_WORDS
    table = evidence_table(tables["trial_evidence"])
    figures = [drawn[name] for name in ("trial_evidence",) if name in drawn]
    own = _own_figures(tables, group)
    return Section("rationale", "Rationale", [words], [table, own], figures=figures)


def evidence_table(trial_evidence: pl.DataFrame) -> PageTable:
    """Published comparisons, one row each. Parameters: contract ``trial_evidence``."""
    body = [
        [
            Cell(row["study"]),
            Cell(row["design"] or _DASH),
            Cell(row["arms"] or _DASH),
            Cell(row["endpoint"] or _DASH),
            Cell(row["effect"] or _DASH),
            Cell(
                f"{row['measure']} "
                + with_interval(row["ratio"], row["ratio_low"], row["ratio_high"], 2)
                if row["ratio"] is not None
                else _DASH
            ),
            Cell(row["status"] or _DASH),
        ]
        for row in trial_evidence.rows(named=True)
    ]
    columns = text_columns("Study", "Design", "Arms", "Endpoint", "As printed", "Ratio", "Status")
    return PageTable("Published comparisons", columns, body, "tables/trial_evidence.csv")


def _own_figures(tables: Tables, group: str) -> PageTable:
    """Errors of the trial's group, with intervals."""
    rows = tables["population_errors"].filter(pl.col("group") == group)
    first = rows["estimator"][0] if rows.height else None
    body = [
        [
            Cell(AXIS_LABELS[row["axis"]]),
            Cell(count(row["n_patients"])),
            Cell(interval_of(row, "group_mean")),
            Cell(interval_of(row, "systematic_sd")),
            Cell(interval_of(row, "random_sd")),
        ]
        for row in rows.filter(pl.col("estimator") == first).rows(named=True)
    ]
    columns = [*text_columns("Axis"), *map(Column, ("Patients", "M, mm", "Σ, mm", "σ, mm"))]
    caption = f"Errors of the study's own patients ({group}), with intervals"
    return PageTable(caption, columns, body, "tables/population_errors.csv")


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
    margins = tables["margins"].filter(pl.col("group") == group, pl.col("recipe") == recipe)
    body = [
        [Cell(AXIS_LABELS[row["axis"]]), Cell(interval_of(row, "margin")), Cell(row["covers"])]
        for row in margins.rows(named=True)
    ]
    columns = [*text_columns("Axis"), Column("Margin, mm"), *text_columns("Covers")]
    table = PageTable(
        f"Margins by {recipe} for the errors as logged", columns, body, "tables/margins.csv"
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
    shown = [table, _centres(tables["trial_centres"])]
    if tables["trial_credentials"].height:
        shown.append(credentials_table(tables["trial_credentials"]))
    if tables["trial_run_in"].height:
        shown.append(run_in_table(tables["trial_run_in"]))
    return Section("geometry", "Geometric uncertainty and image guidance", words, shown)


def _size(tables: Tables, said: Mapping[str, str], drawn: Mapping[str, PageFigure]) -> Section:
    timed = tables["trial_survival"]
    shown = [survival_table(timed)] if timed.height else []
    shown += [
        _operating(tables["trial_operating"]),
        sensitivity_table(tables["trial_sensitivity"]),
        prior_table(tables["trial_prior"]),
    ]
    figures = [drawn[name] for name in ("trial_power",) if name in drawn]
    words = [said["size"], *filter(None, [said["binary"]]), said["interim"]]
    return Section("size", "Sample size", words, shown, figures=figures)


def _centres(centres: pl.DataFrame) -> PageTable:
    def share(value: float | None) -> str:
        return _DASH if value is None else f"{number(100.0 * value, 0)} %"

    body = [
        [
            Cell(row["group"]),
            Cell(count(row["n_patients"])),
            Cell(
                _DASH
                if row["coverage"] is None
                else f"{share(row['coverage'])} ({share(row['coverage_low'])} to "
                f"{share(row['coverage_high'])})"
            ),
            Cell(share(row["population"])),
            Cell(row["verdict"]),
        ]
        for row in centres.rows(named=True)
    ]
    columns = [
        *text_columns("Group or centre"),
        *map(Column, ("Patients", "Covered by the margin in use", "Wanted")),
        *text_columns("Verdict"),
    ]
    return PageTable("Who may join, by set-up errors", columns, body, "tables/trial_centres.csv")


def _operating(operating: pl.DataFrame) -> PageTable:
    def points(value: float | None) -> str:
        return _DASH if value is None else f"{number(100.0 * value)} %"

    body = [
        [
            Cell(row["case"]),
            Cell(f"{points(row['power'])} ± {number(100.0 * row['power_standard_error'])}"),
            Cell(points(row["power_formula"])),
            Cell(points(row["stopped_early"])),
            Cell(number(row["patients_expected"], 0)),
            Cell(number(100.0 * row["difference"], 1)),
            Cell(number(100.0 * row["true_difference"], 1)),
        ]
        for row in operating.rows(named=True)
    ]
    titles = ("Rejected, ± Monte Carlo error", "By formula", "Stopped early", "Patients enrolled",
              "Mean estimate, points", "Truth, points")  # fmt: skip
    columns = [*text_columns("Simulated"), *map(Column, titles)]
    return PageTable("Operating characteristics", columns, body, "tables/trial_operating.csv")


def sensitivity_table(sensitivity: pl.DataFrame) -> PageTable:
    """Size by assumed effect. Parameters: contract ``trial_sensitivity``."""

    def risk(value: float | None) -> str:
        return _DASH if value is None else f"{number(100.0 * value)} %"

    body = [
        [
            Cell(row["case"]),
            Cell(risk(row["risk_control"])),
            Cell(risk(row["risk_experimental"])),
            Cell(
                row["reason"] or _DASH
                if row["patients_per_arm"] is None
                else count(row["patients_per_arm"])
            ),
            Cell(row["source"] or _DASH),
        ]
        for row in sensitivity.rows(named=True)
    ]
    titles = ("Control", "Experimental", "Patients an arm")
    columns = [*text_columns("If the truth were"), *map(Column, titles), *text_columns("Source")]
    return PageTable("Size by assumed effect", columns, body, "tables/trial_sensitivity.csv")


def _checklist(name: str, said: Mapping[str, str]) -> PageTable:
    body = [[Cell(text) for text in row] for row in checklist_rows(name, said)]
    title = "Items filled as far as a run can"
    return PageTable(title, text_columns("Item", "Topic", "Statement"), body)


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
