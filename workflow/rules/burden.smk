"""Burden: what imaging costs in minutes, money and dose, and what margin it buys."""

BURDEN_TABLES = []
if STUDY.values["burden"]:
    BURDEN_TABLES += [
        "burden",
        "burden_sensitivity",
        "burden_acceptability",
        "burden_break_even",
        "burden_thresholds",
        "burden_records",
        "imaging_organ_doses",
        "imaging_indications",
        "cheers_items",
    ]


rule estimate_burden:
    input:
        selected=between("selected.parquet"),
        outcome_curve=table("outcome_curve") if OUTCOMES["scenarios"] else [],
        earlier_flags=EARLIER_FLAGS,
    output:
        burden=table("burden"),
        burden_sensitivity=table("burden_sensitivity"),
        burden_acceptability=table("burden_acceptability"),
        burden_break_even=table("burden_break_even"),
        burden_thresholds=table("burden_thresholds"),
        burden_records=table("burden_records"),
        imaging_organ_doses=table("imaging_organ_doses"),
        imaging_indications=table("imaging_indications"),
        cheers_items=table("cheers_items"),
        flags=between("estimate_burden_flags.csv"),
    log:
        log_of("estimate_burden"),
    conda:
        "../../environment.yml"
    params:
        options={
            "section": STUDY.values["burden"],
            "title": STUDY.values["title"],
            "organs": [
                {
                    "group": scenario["group"],
                    "organ": scenario["organ"]["name"],
                    "axis": scenario["organ"]["axis"],
                }
                for scenario in OUTCOMES["scenarios"]
            ],
            "target": STUDY.values["target"],
            "margins": STUDY.values["margins"],
            "estimating": {
                **values("errors", "estimator", "random"),
                **estimating(),
                "in_use": STUDY.values["protocol_in_use"],
            },
            "overrides": OVERRIDES,
        },
        code=rule_code("estimate_burden"),
    script:
        "../scripts/estimate_burden.py"
