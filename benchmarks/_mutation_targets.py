"""Which modules are changed, and the tests of their own that should notice, fastest first."""

from pathlib import Path

LIBRARY = Path(__file__).resolve().parents[1] / "analysis" / "popmargin"
STATISTICS = "tests/unit/statistics"
SMALL = f"{STATISTICS}/test_small_faults.py"
EDGES = f"{STATISTICS}/test_edge_values.py"
COMPONENTS = [
    SMALL,
    EDGES,
    f"{STATISTICS}/test_components.py",
    f"{STATISTICS}/test_one_way.py",
    f"{STATISTICS}/test_pooled_tables.py",
    "tests/reference/test_estimators_formulae.py",
]
INTERVALS = [
    SMALL,
    EDGES,
    f"{STATISTICS}/test_intervals.py",
    f"{STATISTICS}/test_generalised_interval.py",
    f"{STATISTICS}/test_within_ratio.py",
    "tests/reference/test_estimators_formulae.py",
]
HETEROGENEITY = [f"{STATISTICS}/test_heterogeneity.py", *INTERVALS]
NESTED = [
    SMALL,
    EDGES,
    f"{STATISTICS}/test_nested.py",
    "tests/reference/test_estimators_lme4.py",
]
RECIPES = [
    "tests/unit/margins/test_quantile_edges.py",
    "tests/unit/margins/test_recipe.py",
    "tests/unit/margins/test_recipe_values.py",
    "tests/reference/test_margins_formulae.py",
    "tests/reference/test_margins_published_cases.py",
]
READING = [
    "tests/unit/gather/test_conversion_faults.py",
    "tests/unit/tables/test_value_limits.py",
    "tests/unit/core/test_small_tools.py",
    "tests/unit/tables/test_column_values.py",
    "tests/unit/tables/test_read_text.py",
    "tests/unit/tables/test_typed_reading.py",
]
GEOMETRY = [
    "tests/unit/gather/test_conversion_faults.py",
    "tests/unit/gather/test_rigid.py",
    "tests/unit/gather/test_conventions.py",
    "tests/unit/gather/test_directions.py",
    "tests/unit/gather/test_sessions.py",
    "tests/unit/gather/test_same_course.py",
]
PROTOCOLS = [
    "tests/unit/protocols/test_small_faults.py",
    "tests/unit/protocols/test_apply.py",
    "tests/unit/protocols/test_others.py",
    "tests/unit/protocols/test_phase.py",
    "tests/unit/protocols/test_courses.py",
    "tests/unit/protocols/test_postponement.py",
    "tests/unit/protocols/test_parse.py",
    "tests/reference/test_protocols_formulae.py",
    "tests/unit/protocols/test_expectation.py",
    "tests/unit/protocols/test_replay.py",
]


def _all(floor: str, names: str, tests: list[str]) -> dict[str, list[str]]:
    return {f"{floor}/{name}": tests for name in names.split()}


TARGETS = {
    "recipes": {
        **_all(
            "margins/recipes",
            " ".join(path.stem for path in sorted(LIBRARY.glob("margins/recipes/[!_]*.py"))),
            RECIPES,
        ),
        **_all("margins", "recipe effective_errors", RECIPES),
        "margins/alpha_beta": ["tests/reference/test_margins_alpha_beta.py", *RECIPES],
        "margins/many_fractions": ["tests/unit/margins/test_many_fractions.py"],
        "margins/percentile": [
            "tests/unit/margins/test_quantile_edges.py",
            "tests/unit/margins/test_empirical_margins.py",
        ],
    },
    "estimators": {
        **_all("statistics", "anova conventional components reml one_way", COMPONENTS),
        **_all("statistics", "group_totals size_table", COMPONENTS),
        "statistics/exact_sum": [f"{STATISTICS}/test_exact_sum.py", *COMPONENTS],
        "statistics/likelihood_profile": [f"{STATISTICS}/test_likelihood_profile.py", *COMPONENTS],
        **_all("statistics", "mean_interval generalised_interval within_interval", INTERVALS),
        **_all("statistics", "within_ratio interval pivot_root", INTERVALS),
        "statistics/heterogeneity": HETEROGENEITY,
        **_all("statistics", "nested nested_interval nested_reml nested_table", NESTED),
    },
    "conversions": {
        **_all("gather", "rigid conventions sessions", GEOMETRY),
        **_all("tables", "column parse convert", READING),
        "core/units": READING,
    },
    "protocols": {
        **_all(
            "protocols/kinds",
            "nal nal_shrunk enal sal cover kalman daily_threshold weekly every_kth postponement",
            PROTOCOLS,
        ),
        **_all(
            "protocols",
            "online in_force others phase filling apply courses closed_forms expected expectation",
            PROTOCOLS,
        ),
    },
}
# Compiled code is interpreted here, which these would take minutes of or cannot be asked of.
LEFT_OUT = "not threads and not replayed"
