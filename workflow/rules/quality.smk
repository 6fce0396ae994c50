"""Quality: silent faults of the log, and the margin with and without each."""


rule find_quality_faults:
    input:
        shifts=between("shifts.parquet"),
    output:
        quality_flags=report(
            table("quality_flags"), caption="../report/flags.rst", category="Account"
        ),
        quality_rows=table("quality_rows"),
        flags=between("find_quality_faults_flags.csv"),
    log:
        log_of("find_quality_faults"),
    conda:
        "../../environment.yml"
    params:
        options={
            "thresholds": STUDY.values["quality"],
            "choice": values("errors", "group_by", "timing", "surrogate"),
            "recipe": STUDY.values["margins"]["recipes"][0],
            "protocol": STUDY.values["protocol_in_use"],
            "how": {
                "options": values(
                    "margins", "penumbra_sd_mm", "dose_level", "population"
                ),
                **values("margins", "fractions"),
                **values("errors", "estimator", "random"),
                **estimating(),
            },
        },
        code=rule_code("find_quality_faults"),
    script:
        "../scripts/find_quality_faults.py"
