"""Coverage under other models: measured errors, own random SDs, a contoured CTV."""

TARGET = STUDY.values["target"]
SURFACE = TARGET["surface"]
SURFACE_SOURCE = next(
    (s for s in STUDY.sources if SURFACE and s.label == SURFACE["source"]), None
)
MODEL_TABLES = ["coverage_models"] if TARGET["models"] or SURFACE else []


rule read_target_contours:
    input:
        made=(
            []
            if SURFACE_SOURCE is None or SURFACE_SOURCE.path
            else made_by_the_study(SURFACE_SOURCE)[-1]
        ),
    output:
        contours=between("target_contours.parquet"),
    log:
        log_of("read_target_contours"),
    conda:
        "../../environment.yml"
    params:
        options={
            "number": SURFACE_SOURCE and SURFACE_SOURCE.number,
            "label": SURFACE_SOURCE and SURFACE_SOURCE.label,
            "structure": SURFACE and SURFACE["structure"],
            "digest": (
                source_digest(SURFACE_SOURCE)
                if SURFACE_SOURCE and SURFACE_SOURCE.path
                else None
            ),
        },
        code=rule_code("read_target_contours"),
    script:
        "../scripts/read_target_contours.py"


rule estimate_coverage_models:
    input:
        unit_summaries=between("unit_summaries.parquet"),
        selected=between("selected.parquet"),
        axis_correlations=table("axis_correlations"),
        error_components=ERROR_COMPONENTS,
        earlier_flags=EARLIER_FLAGS,
        contours=between("target_contours.parquet") if SURFACE else [],
    output:
        coverage_models=table("coverage_models"),
        model_doses=between("model_doses.csv"),
    log:
        log_of("estimate_coverage_models"),
    conda:
        "../../environment.yml"
    threads: 2
    params:
        options={
            "margins": STUDY.values["margins"],
            "target": TARGET,
            "present": STUDY.values["present_margin_mm"],
            "complete": STUDY.values["error_budget"]["complete"],
            "overrides": OVERRIDES,
            "covers": describe_error(**values("errors", "timing", "surrogate")),
            "estimating": one_estimator(),
            "models": TARGET["models"],
            "structure": SURFACE and SURFACE["structure"],
            **values("errors", "group_by"),
        },
        code=rule_code("estimate_coverage_models"),
    script:
        "../scripts/estimate_coverage_models.py"
