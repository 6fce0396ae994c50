"""Dose: dose-volume histograms of plans, what they predict, and parameters of one's own."""

DVH = STUDY.sources_of("dvh")
DOSE = OUTCOMES["dose_volume"]
DOSE_TABLES = []
if DVH and DOSE:
    DOSE_TABLES += ["dose_responses", "ntcp_fits", "dose_response_points"]
    OUTCOME_TABLES += DOSE_TABLES
    OUTCOME_FLAGS.append(between("combine_dvh_flags.csv"))
    OUTCOME_LEDGERS.append(between("dvh_ledger.csv"))


rule combine_dvh:
    input:
        rows=[between(f"source_{source.number}.parquet") for source in DVH],
        ledgers=[between(f"source_{source.number}_ledger.csv") for source in DVH],
        flags=[between(f"source_{source.number}_flags.csv") for source in DVH],
    output:
        dvh=between("dvh.parquet"),
        ledger=between("dvh_ledger.csv"),
        all_flags=between("combine_dvh_flags.csv"),
    log:
        log_of("combine_dvh"),
    conda:
        "../../environment.yml"
    params:
        options={"labels": [source.label for source in DVH]},
        code=rule_code("combine_dvh"),
    script:
        "../scripts/combine_dvh.py"


rule estimate_dose_responses:
    input:
        dvh=between("dvh.parquet"),
        outcomes=between("outcomes.parquet") if PEOPLE["outcomes"] else [],
    output:
        dose_responses=table("dose_responses"),
        ntcp_fits=table("ntcp_fits"),
        dose_response_points=table("dose_response_points"),
    log:
        log_of("estimate_dose_responses"),
    conda:
        "../../environment.yml"
    params:
        options={"asked": DOSE, "level": STUDY.values["confidence_level"]},
        code=rule_code("estimate_dose_responses"),
    script:
        "../scripts/estimate_dose_responses.py"
