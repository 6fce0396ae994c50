"""The report page: one self-contained HTML file from result tables, figures and the config.

It estimates nothing: every number on it stands in a result table. Sections without data are
absent. Nothing is requested from anywhere: the page's own security policy forbids it.
"""

import os
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

import polars as pl
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from popmargin.core.atomic import write_text
from popmargin.core.resources import resource_path
from popmargin.reports.account_section import (
    blocking_flags,
    cohort_section,
    flags_section,
    provenance_section,
)
from popmargin.reports.analyses_section import analyses_section, organ_motion_section
from popmargin.reports.answer import answers
from popmargin.reports.burden_section import (
    burden_section,
    cheers_section,
    indications_section,
    records_section,
)
from popmargin.reports.change_section import CHANGE_SECTIONS
from popmargin.reports.comparison_section import (
    chart_section,
    comparison_section,
    dependence_section,
)
from popmargin.reports.coverage_section import budget_section, coverage_section
from popmargin.reports.decisions_section import (
    borrowing_section,
    off_axis_section,
    scenarios_section,
)
from popmargin.reports.errors_section import (
    anatomy_section,
    centres_section,
    correlations_section,
    errors_section,
    rotations_section,
)
from popmargin.reports.explorer import ExplorerPart, script_policy
from popmargin.reports.inline_svg import inline_svg
from popmargin.reports.limits import limits_section
from popmargin.reports.margins_section import (
    literature_section,
    margins_section,
    risk_volumes_section,
)
from popmargin.reports.methods_text import describe_methods
from popmargin.reports.motion_section import (
    breathing_section,
    intrafraction_section,
    reimaging_section,
    strategies_section,
)
from popmargin.reports.observed_section import (
    associations_section,
    incidence_section,
    weighted_section,
)
from popmargin.reports.outcome_section import outcome_chain_section
from popmargin.reports.parts import ReportParts
from popmargin.reports.quality_section import quality_section
from popmargin.reports.replay_section import protocol_coverage_section, replay_section
from popmargin.reports.section import PageFigure, Section
from popmargin.reports.trial_section import evidence_section, sizes_section

Tables = Mapping[str, pl.DataFrame]
Builder = Callable[[pl.DataFrame], Section]
LONGEST_TEXT: Final = 1200


def render_report(
    tables: Tables,
    figures: Sequence[PageFigure],
    study: Mapping[str, Any],
    provenance: Mapping[str, Any],
    explorer: ExplorerPart | None = None,
) -> str:
    """The report of a study as one HTML page.

    Parameters
    ----------
    tables : result tables by the name of their contract, and ``ledger``; those that have a section
        are shown when present and not empty.
    figures : in the order to show them.
    study : as the config states it (``config/schema.yaml``); ``assumptions``, a list of texts,
        may be added.
    provenance : versions, hashes and seed of the run.
    explorer : the controls that answer in the browser, from `popmargin.reports.explorer`.

    Returns
    -------
    The same text for the same arguments: no date, no machine name.
    """
    return render_page(report_parts(tables, figures, study, provenance), explorer)


def report_parts(
    tables: Tables,
    figures: Sequence[PageFigure],
    study: Mapping[str, Any],
    provenance: Mapping[str, Any],
) -> ReportParts:
    """What the report says, for whatever form; parameters as in `render_report`."""
    shown = {name: table for name, table in tables.items() if not table.is_empty()}
    empty = pl.DataFrame(schema={"severity": pl.String, "message": pl.String})
    return ReportParts(
        title=study.get("title") or study.get("study") or "Study",
        version=provenance.get("popmargin", ""),
        synthetic=[
            source["label"] for source in study.get("sources") or [] if source.get("synthetic")
        ],
        overrides=study.get("overrides") or [],
        blocking=blocking_flags(shown.get("flags", empty)),
        answers=answers(shown["margins"], study, shown.get("margin_coverage"))
        if "margins" in shown
        else [],
        sections=[s for s in _sections(shown, figures, study, provenance) if not s.is_empty],
        figures=figures,
    )


def render_page(parts: ReportParts, explorer: ExplorerPart | None = None) -> str:
    """The page of a report's parts, with the explorer where it is given."""
    scripts = [_template_text("report.js"), *(explorer.scripts if explorer else ())]
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            title=parts.title,
            version=parts.version,
            synthetic=parts.synthetic,
            overrides=parts.overrides,
            blocking=parts.blocking,
            answers=parts.answers,
            sections=parts.sections,
            svgs={f.name: inline_svg(f.svg, f.name, f.title, f.alt) for f in parts.figures},
            css=_template_text("report.css"),
            explorer=explorer.data if explorer else None,
            explorer_json=explorer.json if explorer else "",
            scripts=scripts,
            policy=script_policy(scripts, evaluates=explorer is not None),
        )
    )


def render_explorer(explorer: ExplorerPart, title: str, version: str) -> str:
    """The explorer as a page of its own; the same text for the same arguments."""
    return (
        _environment()
        .get_template("explorer_page.html.j2")
        .render(
            title=title,
            version=version,
            explorer=explorer.data,
            explorer_json=explorer.json,
            scripts=explorer.scripts,
            policy=script_policy(explorer.scripts, evaluates=True),
            css=_template_text("report.css"),
        )
    )


def write_report(page: str, target: str | os.PathLike[str]) -> None:
    """Write the page to ``target``, whole or not at all."""
    write_text(target, page)


def _sections(
    tables: Tables,
    figures: Sequence[PageFigure],
    study: Mapping[str, Any],
    provenance: Mapping[str, Any],
) -> Iterator[Section]:
    estimator = str((study.get("errors") or {}).get("estimator", "anova"))
    builders: dict[str, Builder] = {
        "ledger": cohort_section,
        "population_errors": partial(errors_section, estimator=estimator),
        "rotation_errors": partial(rotations_section, estimator=estimator),
        "axis_correlations": correlations_section,
        "centre_errors": centres_section,
        "course_dependence": dependence_section,
        "analysis_errors": analyses_section,
        "organ_motion": organ_motion_section,
        "quality_flags": quality_section,
        "margins": margins_section,
        "margin_coverage": coverage_section,
        "error_budget_shares": budget_section,
        "replayed_errors": replay_section,
        "protocol_coverage": protocol_coverage_section,
        "outcome_chain": outcome_chain_section,
        "outcome_incidence": incidence_section,
        "outcome_effects": associations_section,
        "outcome_weighted": weighted_section,
        "trial_evidence": evidence_section,
        "trial_sensitivity": sizes_section,
        "risk_volume_margins": risk_volumes_section,
        "off_axis_margins": off_axis_section,
        "burden": burden_section,
        "imaging_indications": indications_section,
        "borrowed_margins": borrowing_section,
        "group_comparison": comparison_section,
        "control_chart": chart_section,
        "scenario_shifts": scenarios_section,
        "intrafraction_motion": intrafraction_section,
        "reimaging": reimaging_section,
        "breathing_population": breathing_section,
        "motion_strategies": strategies_section,
        **CHANGE_SECTIONS,
    }
    yield from (build(tables[name]) for name, build in builders.items() if name in tables)
    yield Section("figures", "Figures", figures=figures)
    later: dict[str, Builder] = {
        "literature": literature_section,
        "anatomy_errors": anatomy_section,
        "burden_records": records_section,
        "cheers_items": cheers_section,
    }
    yield from (build(tables[name]) for name, build in later.items() if name in tables)
    margins = tables.get("margins", pl.DataFrame(schema={"recipe": pl.String}))
    recipes = margins["recipe"].drop_nulls().unique(maintain_order=True).to_list()
    methods = describe_methods(study, provenance, recipes)
    yield Section(
        "methods",
        "Methods",
        paragraphs=methods.paragraphs,
        items=[(f"{place}", r.text()) for place, r in enumerate(methods.references, start=1)],
        preformatted="\n\n".join(reference.bibtex() for reference in methods.references),
    )
    yield limits_section(tables)
    if "flags" in tables or study.get("assumptions"):
        flags = tables.get("flags", pl.DataFrame(schema={"severity": pl.String}))
        yield flags_section(flags, study.get("assumptions") or [])
    yield provenance_section(provenance)


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(resource_path("reports", "templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
    )


def _template_text(name: str) -> str:
    return (resource_path("reports", "templates") / name).read_text("utf-8")


def _printable(value: Any) -> Any:
    """Text from data without control and direction characters, and not without end."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    kept = "".join(" " if unicodedata.category(c) in _UNPRINTED else c for c in value)
    if len(kept) <= LONGEST_TEXT:
        return kept
    tail = re.search(r" \([^()]{1,14}\)$", kept)
    return f"{kept[:LONGEST_TEXT]}…{tail.group() if tail else ''}"


_UNPRINTED: Final = frozenset(("Cc", "Cf", "Cs", "Co"))
