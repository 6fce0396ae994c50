"""Coverage: what the margins really give for the stated target, and what each error weighs."""

# Errors matched on the target are the measured total of set-up error and organ motion.
TWO_MATCHES = STUDY.values["organ_motion"]
SPLIT = bool(TWO_MATCHES) and (
    TWO_MATCHES["target"] == STUDY.values["errors"]["surrogate"]
)


rule estimate_margin_coverage:
    input:
        unit_summaries=between("unit_summaries.parquet"),
        selected=between("selected.parquet"),
        axis_correlations=table("axis_correlations"),
        error_components=ERROR_COMPONENTS,
        earlier_flags=EARLIER_FLAGS,
    output:
        margin_coverage=table("margin_coverage"),
        coverage_curve=table("coverage_curve"),
    log:
        log_of("estimate_margin_coverage"),
    conda:
        "../../environment.yml"
    threads: 2
    params:
        options={
            "margins": STUDY.values["margins"],
            "target": STUDY.values["target"],
            "present": STUDY.values["present_margin_mm"],
            "complete": STUDY.values["error_budget"]["complete"],
            "overrides": OVERRIDES,
            "covers": describe_error(**values("errors", "timing", "surrogate")),
            "estimating": {
                "estimators": [STUDY.values["errors"]["estimator"]],
                "random": STUDY.values["errors"]["random"],
                **estimating(),
            },
            **values("errors", "group_by"),
        },
        code=rule_code("estimate_margin_coverage"),
    script:
        "../scripts/estimate_margin_coverage.py"


rule estimate_dose_population:
    input:
        unit_summaries=between("unit_summaries.parquet"),
        axis_correlations=table("axis_correlations"),
        error_components=ERROR_COMPONENTS,
        earlier_flags=EARLIER_FLAGS,
        model_doses=between("model_doses.csv") if MODEL_TABLES else [],
    output:
        dose_population=table("dose_population"),
    log:
        log_of("estimate_dose_population"),
    conda:
        "../../environment.yml"
    params:
        options={
            "margins": STUDY.values["margins"],
            "target": STUDY.values["target"],
            "present": STUDY.values["present_margin_mm"],
            "complete": STUDY.values["error_budget"]["complete"],
            "overrides": OVERRIDES,
            "covers": describe_error(**values("errors", "timing", "surrogate")),
            "estimating": one_estimator(),
            **values("errors", "group_by"),
        },
        code=rule_code("estimate_dose_population"),
    script:
        "../scripts/estimate_dose_population.py"


rule estimate_error_budget:
    input:
        unit_summaries=between("unit_summaries.parquet"),
        error_components=ERROR_COMPONENTS,
        earlier_flags=EARLIER_FLAGS,
        shifts=between("shifts.parquet") if SPLIT else [],
    output:
        error_budget_shares=table("error_budget_shares"),
        flags=between("estimate_error_budget_flags.csv"),
    log:
        log_of("estimate_error_budget"),
    conda:
        "../../environment.yml"
    params:
        options={
            "margins": STUDY.values["margins"],
            "complete": STUDY.values["error_budget"]["complete"],
            "overrides": OVERRIDES,
            "covers": describe_error(**values("errors", "timing", "surrogate")),
            "estimating": {
                "estimators": [STUDY.values["errors"]["estimator"]],
                "random": STUDY.values["errors"]["random"],
                **estimating(),
            },
            "organ_motion": TWO_MATCHES
            and {
                **TWO_MATCHES,
                **values("errors", "timing"),
                "seed": STUDY.values["seed"],
            },
            **values("errors", "group_by"),
        },
        code=rule_code("estimate_error_budget"),
    script:
        "../scripts/estimate_error_budget.py"


rule map_coverage:
    output:
        coverage_map=table("coverage_map"),
    log:
        log_of("map_coverage"),
    conda:
        "../../environment.yml"
    params:
        options={
            "margins": STUDY.values["margins"],
            "target": STUDY.values["target"],
            "seed": STUDY.values["seed"],
        },
        code=rule_code("map_coverage"),
    script:
        "../scripts/map_coverage.py"
