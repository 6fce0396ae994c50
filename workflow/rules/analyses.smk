"""Analyses: each kind of error by itself, and set-up error apart from organ motion."""


rule estimate_analyses:
    input:
        shifts=between("shifts.parquet"),
        # Named here because the list of flags that hold margins back stands further down.
        earlier_flags=[
            between("combine_shifts_flags.csv"),
            between("find_quality_faults_flags.csv"),
        ],
    output:
        analysis_errors=table("analysis_errors"),
        flags=between("estimate_analyses_flags.csv"),
    log:
        log_of("estimate_analyses"),
    conda:
        "../../environment.yml"
    params:
        options={
            "analyses": STUDY.values["analyses"],
            "thresholds": STUDY.values["quality"],
            "choice": values("errors", "group_by", "image"),
            "estimating": one_estimator(),
            "recipe": STUDY.values["margins"]["recipes"][0],
            "how": margin_terms(),
            "overrides": OVERRIDES,
        },
        code=rule_code("estimate_analyses"),
    script:
        "../scripts/estimate_analyses.py"


rule estimate_organ_motion:
    input:
        shifts=between("shifts.parquet"),
    output:
        organ_motion=table("organ_motion"),
        flags=between("estimate_organ_motion_flags.csv"),
    log:
        log_of("estimate_organ_motion"),
    conda:
        "../../environment.yml"
    params:
        options={
            **values("errors", "group_by", "timing", "estimator"),
            **(STUDY.values["organ_motion"] or {}),
            **estimating(),
        },
        code=rule_code("estimate_organ_motion"),
    script:
        "../scripts/estimate_organ_motion.py"
