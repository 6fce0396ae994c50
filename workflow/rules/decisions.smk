"""Decisions: margins that borrow from the literature, shifts for robust planning."""

# What a study has only where its config asks for it: result table -> the rule that makes it.
ASKED_FOR = {
    name: rule
    for name, rule, stated in (
        ("group_comparison", "compare_groups", STUDY.values["comparison"]),
        ("control_chart", "estimate_control_chart", STUDY.values["control_chart"]),
        ("borrowed_margins", "estimate_borrowed_margins", STUDY.values["borrowing"]),
        (
            "risk_volume_margins",
            "estimate_risk_volume_margins",
            STUDY.values["organs_at_risk"],
        ),
        ("scenario_shifts", "list_scenario_shifts", STUDY.values["scenario_shifts"]),
        ("analysis_errors", "estimate_analyses", STUDY.values["analyses"]),
        ("organ_motion", "estimate_organ_motion", STUDY.values["organ_motion"]),
        ("centre_places", "place_centres", STUDY.values["compare_centres"]),
        (
            "centre_verdicts",
            "judge_centre_margins",
            STUDY.values["compare_centres"] and STUDY.values["present_margin_mm"],
        ),
    )
    if stated
}
OFF_AXIS = ["off_axis_margins"] if STUDY.values["off_axis"] else []


rule estimate_borrowed_margins:
    input:
        unit_summaries=between("unit_summaries.parquet"),
        earlier_flags=EARLIER_FLAGS,
    output:
        borrowed_margins=table("borrowed_margins"),
        flags=between("estimate_borrowed_margins_flags.csv"),
    log:
        log_of("estimate_borrowed_margins"),
    conda:
        "../../environment.yml"
    params:
        options={
            "borrowing": STUDY.values["borrowing"],
            "recipes": STUDY.values["margins"]["recipes"],
            "overrides": OVERRIDES,
            "estimating": one_estimator(),
            "how": margin_terms(),
            **values("errors", "group_by"),
        },
        code=rule_code("estimate_borrowed_margins"),
    script:
        "../scripts/estimate_borrowed_margins.py"


rule list_scenario_shifts:
    input:
        unit_summaries=between("unit_summaries.parquet"),
        axis_correlations=table("axis_correlations"),
        earlier_flags=EARLIER_FLAGS,
    output:
        scenario_shifts=table("scenario_shifts"),
        flags=between("list_scenario_shifts_flags.csv"),
    log:
        log_of("list_scenario_shifts"),
    conda:
        "../../environment.yml"
    params:
        options={
            "scenarios": STUDY.values["scenario_shifts"],
            "fractions": STUDY.values["target"]["fractions"],
            "population": STUDY.values["margins"]["population"],
            "overrides": OVERRIDES,
            "estimating": one_estimator(),
            **values("errors", "group_by"),
        },
        code=rule_code("list_scenario_shifts"),
    script:
        "../scripts/list_scenario_shifts.py"


rule estimate_risk_volume_margins:
    input:
        unit_summaries=between("unit_summaries.parquet"),
        earlier_flags=EARLIER_FLAGS,
    output:
        risk_volume_margins=table("risk_volume_margins"),
        flags=between("estimate_risk_volume_margins_flags.csv"),
    log:
        log_of("estimate_risk_volume_margins"),
    conda:
        "../../environment.yml"
    params:
        options={
            "organs": STUDY.values["organs_at_risk"],
            "overrides": OVERRIDES,
            "estimating": one_estimator(),
            "how": {
                "covers": describe_error(**values("errors", "timing", "surrogate")),
                **values("margins", "fractions"),
            },
            **values("errors", "group_by"),
        },
        code=rule_code("estimate_risk_volume_margins"),
    script:
        "../scripts/estimate_risk_volume_margins.py"


rule estimate_off_axis_margins:
    input:
        unit_summaries=between("unit_summaries.parquet"),
        error_components=ERROR_COMPONENTS,
        earlier_flags=EARLIER_FLAGS,
    output:
        off_axis_margins=table("off_axis_margins"),
    log:
        log_of("estimate_off_axis_margins"),
    conda:
        "../../environment.yml"
    params:
        options={
            "off_axis": STUDY.values["off_axis"],
            "recipe": STUDY.values["margins"]["recipes"][0],
            "complete": STUDY.values["error_budget"]["complete"],
            "overrides": OVERRIDES,
            "estimating": one_estimator(),
            "how": margin_terms(),
            **values("errors", "group_by"),
        },
        code=rule_code("estimate_off_axis_margins"),
    script:
        "../scripts/estimate_off_axis_margins.py"
