"""Outcomes: what margins and protocols do to dose and response in the stated phantoms."""

OUTCOMES = STUDY.values["outcomes"]
OUTCOME_TABLES = []
if OUTCOMES["scenarios"]:
    OUTCOME_TABLES += ["outcome_chain", "outcome_curve"]


rule estimate_outcome_chain:
    input:
        unit_summaries=table("unit_summaries"),
        earlier_flags=EARLIER_FLAGS,
    output:
        outcome_chain=table("outcome_chain"),
        outcome_curve=table("outcome_curve"),
    log:
        log_of("estimate_outcome_chain"),
    conda:
        "../../environment.yml"
    params:
        options={
            "margins": STUDY.values["margins"],
            "target": STUDY.values["target"],
            "present": STUDY.values["present_margin_mm"],
            "scenarios": OUTCOMES["scenarios"],
            "patients": OUTCOMES["virtual_patients"],
            "budget": STUDY.values["error_budget"],
            "overrides": OVERRIDES,
            "covers": describe_error(**values("errors", "timing", "surrogate")),
            "estimating": {
                "estimators": [STUDY.values["errors"]["estimator"]],
                "random": STUDY.values["errors"]["random"],
                **estimating(),
            },
            **values("errors", "group_by"),
        },
        code=rule_code("estimate_outcome_chain"),
    script:
        "../scripts/estimate_outcome_chain.py"
