"""Comparison: groups against each other, fractions within a course, patients over the years."""


rule estimate_course_dependence:
    input:
        selected=between("selected.parquet"),
    output:
        course_dependence=table("course_dependence"),
        flags=between("estimate_course_dependence_flags.csv"),
    log:
        log_of("estimate_course_dependence"),
    conda:
        "../../environment.yml"
    params:
        options={**values("errors", "group_by"), **estimating()},
        code=rule_code("estimate_course_dependence"),
    script:
        "../scripts/estimate_course_dependence.py"


rule compare_groups:
    input:
        shifts=between("shifts.parquet"),
        earlier_flags=EARLIER_FLAGS,
    output:
        group_comparison=table("group_comparison"),
        flags=between("compare_groups_flags.csv"),
    log:
        log_of("compare_groups"),
    conda:
        "../../environment.yml"
    params:
        options={
            "comparison": STUDY.values["comparison"],
            "strata": [
                name
                for name in STUDY.values["errors"]["group_by"]
                if name not in compared_column()
            ],
            "choice": compared_images(),
            "estimating": {**values("errors", "estimator", "random"), **estimating()},
            "recipes": STUDY.values["margins"]["recipes"],
            "how": margin_terms(),
            "overrides": OVERRIDES,
        },
        code=rule_code("compare_groups"),
    script:
        "../scripts/compare_groups.py"


rule estimate_control_chart:
    input:
        shifts=between("shifts.parquet"),
    output:
        control_chart=table("control_chart"),
        flags=between("estimate_control_chart_flags.csv"),
    log:
        log_of("estimate_control_chart"),
    conda:
        "../../environment.yml"
    params:
        options={
            **values("errors", "group_by", "timing", "surrogate", "image"),
            **(STUDY.values["control_chart"] or {}),
        },
        code=rule_code("estimate_control_chart"),
    script:
        "../scripts/estimate_control_chart.py"
