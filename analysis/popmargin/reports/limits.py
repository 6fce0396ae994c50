"""What the models cannot tell, in the words of the modules that estimate."""

import ast
import re
from collections.abc import Iterable
from typing import Final

from popmargin.core.resources import resource_path
from popmargin.reports.section import Section

# Table of the report -> modules whose opening words limit it.
MODULES: Final = {
    "population_errors": (
        "popmargin.errors.select",
        "popmargin.errors.quantity",
        "popmargin.errors.population",
    ),
    "axis_correlations": ("popmargin.statistics.correlation",),
    "centre_errors": ("popmargin.errors.centres",),
    "centre_places": ("popmargin.errors.centre_places",),
    "centre_verdicts": ("popmargin.margins.centre_margin",),
    "margins": ("popmargin.margins.estimate", "popmargin.margins.component_draws"),
    "literature": ("popmargin.margins.published",),
    "margin_coverage": (
        "popmargin.margins.study_coverage",
        "popmargin.margins.coverage_draws",
        "popmargin.margins.empirical_coverage",
        "popmargin.margins.minimum_dose",
    ),
    "dose_population": ("popmargin.margins.study_dose_population",),
    "error_budget_shares": ("popmargin.margins.error_budget",),
    "course_dependence": ("popmargin.errors.course_dependence",),
    "group_comparison": ("popmargin.errors.comparison", "popmargin.margins.comparison"),
    "control_chart": ("popmargin.errors.control_chart",),
    "risk_volume_margins": ("popmargin.margins.risk_volumes",),
    "off_axis_margins": ("popmargin.margins.off_axis",),
    "borrowed_margins": ("popmargin.margins.borrowing", "popmargin.margins.literature_prior"),
    "scenario_shifts": ("popmargin.margins.scenarios", "popmargin.margins.scenario_errors"),
    "replayed_errors": (
        "popmargin.protocols.replay",
        "popmargin.protocols.courses",
        "popmargin.protocols.in_force",
        "popmargin.protocols.expectation",
    ),
    "protocol_coverage": ("popmargin.protocols.protocol_coverage",),
    "fraction_trend": ("popmargin.errors.trend",),
    "error_distribution": ("popmargin.errors.distribution",),
    "vector_lengths": ("popmargin.errors.vector_length",),
    "anatomy_errors": ("popmargin.errors.anatomy",),
    "intrafraction_motion": (
        "popmargin.motion.moves",
        "popmargin.motion.intrafraction",
        "popmargin.motion.trace_moves",
    ),
    "anatomy_trajectories": (
        "popmargin.anatomy.series",
        "popmargin.anatomy.trajectories",
        "popmargin.statistics.random_slopes",
    ),
    "anatomy_steps": ("popmargin.anatomy.steps", "popmargin.statistics.change_detection"),
    "organ_mobility": ("popmargin.anatomy.filling",),
    "depth_dose": ("popmargin.anatomy.depth_dose", "popmargin.anatomy.water_equivalent"),
    "trigger_replay": ("popmargin.adaptive.triggers", "popmargin.adaptive.own_triggers"),
    "replanning_schedules": ("popmargin.adaptive.schedules",),
    "predictor_performance": ("popmargin.adaptive.predictor",),
    "decision_curve": ("popmargin.adaptive.decision_curve",),
    "reimaging": ("popmargin.motion.reimaging",),
    "breathing_population": (
        "popmargin.motion.trace_cleaning",
        "popmargin.motion.breathing",
        "popmargin.motion.gating",
        "popmargin.motion.tracking",
        "popmargin.motion.amplitudes",
    ),
    "motion_strategies": (
        "popmargin.margins.motion_strategies",
        "popmargin.margins.strategy_parameters",
        "popmargin.margins.moving_volume",
    ),
    "burden": (
        "popmargin.burden.strategies",
        "popmargin.burden.registration",
        "popmargin.burden.evaluate",
        "popmargin.burden.cost",
        "popmargin.burden.dose",
        "popmargin.burden.queue",
        "popmargin.burden.frontier",
        "popmargin.burden.response",
    ),
    "burden_thresholds": ("popmargin.burden.threshold_rows",),
    "imaging_organ_doses": ("popmargin.burden.organ_dose",),
    "burden_acceptability": ("popmargin.burden.acceptability",),
    "burden_sensitivity": ("popmargin.burden.sensitivity",),
    "burden_break_even": ("popmargin.burden.spared",),
    "imaging_indications": ("popmargin.burden.indications",),
    "outcome_chain": (
        "popmargin.outcomes.phantom",
        "popmargin.outcomes.virtual_patients",
        "popmargin.outcomes.chain",
    ),
    "dose_responses": ("popmargin.outcomes.dose_responses", "popmargin.outcomes.fit_ntcp"),
    "outcome_incidence": ("popmargin.outcomes.observed",),
    "outcome_effects": ("popmargin.outcomes.exposures", "popmargin.outcomes.effects"),
    "outcome_weighted": ("popmargin.statistics.weighting",),
    "outcome_prediction": ("popmargin.statistics.prediction",),
    "trial_evidence": ("popmargin.outcomes.evidence",),
    "trial_sensitivity": ("popmargin.trials.study_trial", "popmargin.trials.simulation"),
}
_MARKUP: Final = re.compile(r":\w+:`|``|`|\\")


def limits_section(shown: Iterable[str]) -> Section:
    """Assumptions and limits of every module behind the tables ``shown``."""
    wanted = set(shown)
    modules = dict.fromkeys(m for table, names in MODULES.items() if table in wanted for m in names)
    items = [(_title(text), _limits(text)) for text in map(_opening, modules)]
    return Section("limits", "Limits", items=[(title, text) for title, text in items if text])


def _opening(module: str) -> str:
    """Docstring of a module of this library, read without importing it."""
    parts = module.split(".")[1:]
    source = resource_path(*parts[:-1], f"{parts[-1]}.py").read_text("utf-8")
    return ast.get_docstring(ast.parse(source)) or ""


def _title(docstring: str) -> str:
    return _plain(docstring.split("\n\n")[0]).split(": ")[0].rstrip(".")


def _limits(docstring: str) -> str:
    """Paragraphs on assumptions and limits, in their order."""
    paragraphs = docstring.split("\n\n")[1:]
    return " ".join(_plain(p) for p in paragraphs if re.match(r"Assum|Limits", p))


def _plain(text: str) -> str:
    return _MARKUP.sub("", " ".join(text.split()))
