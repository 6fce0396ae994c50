"""Centres: each against the others, and whether each may use the margin in use."""


rule place_centres:
    input:
        selected=between("selected.parquet"),
    output:
        centre_places=table("centre_places"),
        flags=between("place_centres_flags.csv"),
    log:
        log_of("place_centres"),
    conda:
        "../../environment.yml"
    params:
        options=values("errors", "group_by"),
        code=rule_code("place_centres"),
    script:
        "../scripts/place_centres.py"


rule judge_centre_margins:
    input:
        selected=between("selected.parquet"),
        error_components=ERROR_COMPONENTS,
        earlier_flags=EARLIER_FLAGS,
    output:
        centre_verdicts=table("centre_verdicts"),
        flags=between("judge_centre_margins_flags.csv"),
    log:
        log_of("judge_centre_margins"),
    conda:
        "../../environment.yml"
    params:
        options={
            "present": STUDY.values["present_margin_mm"],
            "recipes": STUDY.values["margins"]["recipes"],
            "overrides": OVERRIDES,
            "complete": STUDY.values["error_budget"]["complete"],
            "estimating": one_estimator(),
            "how": margin_terms(),
            **values("errors", "group_by"),
        },
        code=rule_code("judge_centre_margins"),
    script:
        "../scripts/judge_centre_margins.py"
