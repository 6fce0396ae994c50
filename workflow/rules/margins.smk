"""Margins: every recipe on every group and axis, withheld where a blocking flag stands."""

EARLIER_FLAGS = [
    between("combine_shifts_flags.csv"),
    between("summarise_units_flags.csv"),
    between("estimate_population_errors_flags.csv"),
    between("find_quality_faults_flags.csv"),
]


rule estimate_margins:
    input:
        unit_summaries=table("unit_summaries"),
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
            "budget": STUDY.values["error_budget"],
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
