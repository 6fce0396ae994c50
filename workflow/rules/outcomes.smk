"""Outcomes: dose and response in the stated phantoms, and what was observed."""

PEOPLE = {name: STUDY.sources_of(name) for name in ("outcomes", "patients")}
OBSERVED = [
    "outcome_incidence",
    "outcome_curves",
    "outcome_effects",
    "outcome_weighted",
    "outcome_balance",
    "outcome_prediction",
]
OUTCOME_TABLES = []
OUTCOME_FLAGS = []
OUTCOME_LEDGERS = []
if all(PEOPLE.values()):
    OUTCOME_TABLES += OBSERVED
    OUTCOME_FLAGS += [between("estimate_observed_outcomes_flags.csv")]
if PEOPLE["outcomes"]:
    HELD = [name for name, sources in PEOPLE.items() if sources]
    OUTCOME_FLAGS += [between(f"combine_{name}_flags.csv") for name in HELD]
    OUTCOME_LEDGERS += [between(f"{name}_ledger.csv") for name in HELD]
if OUTCOMES["scenarios"]:
    OUTCOME_TABLES += ["outcome_chain", "outcome_curve"]


rule estimate_outcome_chain:
    input:
        unit_summaries=between("unit_summaries.parquet"),
        error_components=ERROR_COMPONENTS,
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


rule combine_outcomes:
    input:
        rows=[
            between(f"source_{source.number}.parquet") for source in PEOPLE["outcomes"]
        ],
        ledgers=[
            between(f"source_{source.number}_ledger.csv")
            for source in PEOPLE["outcomes"]
        ],
        flags=[
            between(f"source_{source.number}_flags.csv")
            for source in PEOPLE["outcomes"]
        ],
    output:
        outcomes=between("outcomes.parquet"),
        ledger=between("outcomes_ledger.csv"),
        all_flags=between("combine_outcomes_flags.csv"),
    log:
        log_of("combine_outcomes"),
    conda:
        "../../environment.yml"
    params:
        options={"labels": [source.label for source in PEOPLE["outcomes"]]},
        code=rule_code("combine_outcomes"),
    script:
        "../scripts/combine_outcomes.py"


rule combine_patients:
    input:
        rows=[
            between(f"source_{source.number}.parquet") for source in PEOPLE["patients"]
        ],
        ledgers=[
            between(f"source_{source.number}_ledger.csv")
            for source in PEOPLE["patients"]
        ],
        flags=[
            between(f"source_{source.number}_flags.csv")
            for source in PEOPLE["patients"]
        ],
    output:
        patients=between("patients.parquet"),
        ledger=between("patients_ledger.csv"),
        all_flags=between("combine_patients_flags.csv"),
    log:
        log_of("combine_patients"),
    conda:
        "../../environment.yml"
    params:
        options={"labels": [source.label for source in PEOPLE["patients"]]},
        code=rule_code("combine_patients"),
    script:
        "../scripts/combine_patients.py"


rule estimate_observed_outcomes:
    input:
        outcomes=between("outcomes.parquet"),
        patients=between("patients.parquet"),
        selected=between("selected.parquet"),
    output:
        **{name: table(name) for name in OBSERVED},
        all_flags=between("estimate_observed_outcomes_flags.csv"),
    log:
        log_of("estimate_observed_outcomes"),
    conda:
        "../../environment.yml"
    params:
        options={
            "analyses": OUTCOMES["analyses"],
            "level": STUDY.values["confidence_level"],
            "seed": STUDY.values["seed"],
        },
        code=rule_code("estimate_observed_outcomes"),
    script:
        "../scripts/estimate_observed_outcomes.py"
