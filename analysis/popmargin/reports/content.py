"""What the report says: its sections in their order, each from the table that it shows.

A section is built where its table is present and not empty; how it looks is for the page, the PDF
and the documents to decide. Nothing is estimated: every number stands in a result table.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

import polars as pl

from popmargin.reports.account_section import (
    blocking_flags,
    cohort_section,
    flags_section,
    provenance_section,
)
from popmargin.reports.analyses_section import analyses_section, organ_motion_section
from popmargin.reports.answer import answers
from popmargin.reports.budget_section import budget_section
from popmargin.reports.burden_dose_section import organ_doses_section, thresholds_section
from popmargin.reports.burden_section import (
    burden_section,
    cheers_section,
    indications_section,
    records_section,
)
from popmargin.reports.burden_value_section import value_section
from popmargin.reports.centre_section import places_section, verdicts_section
from popmargin.reports.change_section import CHANGE_SECTIONS
from popmargin.reports.comparison_section import (
    chart_section,
    comparison_section,
    dependence_section,
)
from popmargin.reports.coverage_models_section import coverage_models_section
from popmargin.reports.coverage_section import coverage_section
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
    parameters_section,
    reimaging_section,
    strategies_section,
)
from popmargin.reports.outcome_sections import OUTCOME_SECTIONS
from popmargin.reports.parts import ReportParts
from popmargin.reports.quality_section import quality_section
from popmargin.reports.replay_section import protocol_coverage_section, replay_section
from popmargin.reports.section import PageFigure, Section

Tables = Mapping[str, pl.DataFrame]
Builder = Callable[[pl.DataFrame], Section]

# In the order of the report: the table that a section shows, and what builds it.
FINDINGS: Final[Mapping[str, Builder]] = {
    "ledger": cohort_section,
    "quality_flags": quality_section,
    "population_errors": errors_section,
    "rotation_errors": rotations_section,
    "axis_correlations": correlations_section,
    "course_dependence": dependence_section,
    "analysis_errors": analyses_section,
    "organ_motion": organ_motion_section,
    "group_comparison": comparison_section,
    "centre_errors": centres_section,
    "centre_places": places_section,
    "control_chart": chart_section,
    "margins": margins_section,
    "centre_verdicts": verdicts_section,
    "borrowed_margins": borrowing_section,
    "risk_volume_margins": risk_volumes_section,
    "off_axis_margins": off_axis_section,
    "margin_coverage": coverage_section,
    "coverage_models": coverage_models_section,
    "scenario_shifts": scenarios_section,
    "error_budget_shares": budget_section,
    "replayed_errors": replay_section,
    "protocol_coverage": protocol_coverage_section,
    "burden": burden_section,
    "burden_sensitivity": value_section,
    "burden_thresholds": thresholds_section,
    "imaging_organ_doses": organ_doses_section,
    "imaging_indications": indications_section,
    "intrafraction_motion": intrafraction_section,
    "reimaging": reimaging_section,
    "breathing_population": breathing_section,
    "motion_strategies": strategies_section,
    "anatomy_errors": anatomy_section,
    **CHANGE_SECTIONS,
    **OUTCOME_SECTIONS,
    "literature": literature_section,
}
ANNEXES: Final[Mapping[str, Builder]] = {
    "strategy_parameters": parameters_section,
    "burden_records": records_section,
    "cheers_items": cheers_section,
}


def report_parts(
    tables: Tables,
    figures: Sequence[PageFigure],
    study: Mapping[str, Any],
    provenance: Mapping[str, Any],
) -> ReportParts:
    """What the report of a study says, for whatever form.

    Parameters
    ----------
    tables : result tables by the name of their contract, and ``ledger``; those that have a section
        are shown when present and not empty.
    figures : in the order to show them.
    study : as the config states it (``config/schema.yaml``); ``assumptions``, a list of texts,
        may be added.
    provenance : versions, hashes and seed of the run.

    Returns
    -------
    The same parts for the same arguments: no date, no machine name.

    >>> [section.anchor for section in report_parts({}, [], {}, {}).sections]
    ['methods']
    """
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
        answers=answers(
            shown["margins"], study, shown.get("margin_coverage"), shown.get("population_errors")
        )
        if "margins" in shown
        else [],
        sections=[s for s in _sections(shown, figures, study, provenance) if not s.is_empty],
        figures=figures,
    )


def _sections(
    tables: Tables,
    figures: Sequence[PageFigure],
    study: Mapping[str, Any],
    provenance: Mapping[str, Any],
) -> Iterator[Section]:
    estimator = str((study.get("errors") or {}).get("estimator", "anova"))
    told = {
        "population_errors": partial(errors_section, estimator=estimator),
        "rotation_errors": partial(rotations_section, estimator=estimator),
        "literature": partial(
            literature_section, population_errors=tables.get("population_errors")
        ),
    }
    yield from _built({**FINDINGS, **told}, tables)
    yield Section("figures", "Figures", figures=figures)
    yield _methods(tables, study, provenance)
    yield limits_section(tables)
    yield from _built(ANNEXES, tables)
    if "flags" in tables or study.get("assumptions"):
        flags = tables.get("flags", pl.DataFrame(schema={"severity": pl.String}))
        yield flags_section(flags, study.get("assumptions") or [])
    yield provenance_section(provenance)


def _built(builders: Mapping[str, Builder], tables: Tables) -> Iterator[Section]:
    yield from (build(tables[name]) for name, build in builders.items() if name in tables)


def _methods(tables: Tables, study: Mapping[str, Any], provenance: Mapping[str, Any]) -> Section:
    margins = tables.get("margins", pl.DataFrame(schema={"recipe": pl.String}))
    recipes = margins["recipe"].drop_nulls().unique(maintain_order=True).to_list()
    methods = describe_methods(study, provenance, recipes, tables)
    return Section(
        "methods",
        "Methods",
        paragraphs=methods.paragraphs,
        items=[(f"{place}", r.text()) for place, r in enumerate(methods.references, start=1)],
        preformatted="\n\n".join(reference.bibtex() for reference in methods.references),
    )
