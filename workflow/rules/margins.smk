"""Margins: every recipe on every group and axis, withheld where a blocking flag stands."""

EARLIER_FLAGS = [
    between("combine_shifts_flags.csv"),
    between("summarise_units_flags.csv"),
    between("estimate_population_errors_flags.csv"),
    between("find_quality_faults_flags.csv"),
]

# Breathing may come from the study's own traces.
BREATHING = STUDY.values["error_budget"]["breathing"]
FROM_TRACES = bool(BREATHING) and BREATHING["from"] == "traces"
TRACE_SUMMARIES = table("trace_summaries") if FROM_TRACES else []
ERROR_COMPONENTS = between("error_components.csv")


rule estimate_margins:
    input:
        unit_summaries=between("unit_summaries.parquet"),
        error_components=ERROR_COMPONENTS,
        earlier_flags=EARLIER_FLAGS,
    output:
        margins=report(
            table("margins"), caption="../report/margins.rst", category="Tables"
        ),
        flags=between("estimate_margins_flags.csv"),
    log:
        log_of("estimate_margins"),
    conda:
        "../../environment.yml"
    params:
        options={
            "recipes": STUDY.values["margins"]["recipes"],
            "overrides": OVERRIDES,
            "complete": STUDY.values["error_budget"]["complete"],
            "estimating": {
                "estimators": [STUDY.values["errors"]["estimator"]],
                "random": STUDY.values["errors"]["random"],
                **estimating(),
            },
            "how": {
                "covers": describe_error(**values("errors", "timing", "surrogate")),
                "options": values(
                    "margins", "penumbra_sd_mm", "dose_level", "population"
                ),
                **values("margins", "fractions"),
            },
            **values("errors", "group_by"),
        },
        code=rule_code("estimate_margins"),
    script:
        "../scripts/estimate_margins.py"


rule check_published_margins:
    output:
        literature=table("literature"),
    log:
        log_of("check_published_margins"),
    conda:
        "../../environment.yml"
    params:
        options=values("literature", "sites"),
        code=rule_code("check_published_margins"),
    script:
        "../scripts/check_published_margins.py"


rule list_error_components:
    input:
        trace_summaries=TRACE_SUMMARIES,
    output:
        error_components=ERROR_COMPONENTS,
    log:
        log_of("list_error_components"),
    conda:
        "../../environment.yml"
    params:
        options={"budget": STUDY.values["error_budget"]},
        code=rule_code("list_error_components"),
    script:
        "../scripts/list_error_components.py"
