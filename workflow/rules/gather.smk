"""Gather: every source into canonical columns, every row used or set aside with a reason."""


rule simulate_cohort:
    output:
        cohort=between("cohort_{number}.parquet"),
    log:
        log_of("simulate_cohort_{number}"),
    conda:
        "../../environment.yml"
    params:
        options=lambda wildcards: {
            "table": (
                "shifts" if source_of(wildcards).export else source_of(wildcards).table
            ),
            "cohort": source_of(wildcards).cohort,
            "seed": STUDY.values["seed"],
        },
        code=rule_code("simulate_cohort"),
    script:
        "../scripts/simulate_cohort.py"


rule write_export_folder:
    input:
        cohort=between("cohort_{number}.parquet"),
    output:
        folder=directory(between("export_{number}")),
    log:
        log_of("write_export_folder_{number}"),
    conda:
        "../../environment.yml"
    params:
        options=lambda wildcards: {"layout": source_of(wildcards).export},
        code=rule_code("write_export_folder"),
    script:
        "../scripts/write_export_folder.py"


rule write_export_workbook:
    input:
        cohort=between("cohort_{number}.parquet"),
    output:
        workbook=between("export_{number}.xlsx"),
    log:
        log_of("write_export_workbook_{number}"),
    conda:
        "../../environment.yml"
    params:
        code=rule_code("write_export_workbook"),
    script:
        "../scripts/write_export_workbook.py"


rule gather_source:
    input:
        made=made_source,
    output:
        rows=between("source_{number}.parquet"),
        ledger=between("source_{number}_ledger.csv"),
        flags=between("source_{number}_flags.csv"),
    log:
        log_of("gather_source_{number}"),
    conda:
        "../../environment.yml"
    params:
        options=lambda wildcards: {
            "number": source_of(wildcards).number,
            "declaration": source_of(wildcards).declaration,
            "privacy": PRIVACY,
            "digest": raw_digest(wildcards),
            "keep": kept_columns(source_of(wildcards)),
        },
        code=rule_code("gather_source"),
    script:
        "../scripts/gather_source.py"


rule combine_shifts:
    input:
        rows=[between(f"source_{source.number}.parquet") for source in SHIFTS],
        ledgers=[between(f"source_{source.number}_ledger.csv") for source in SHIFTS],
        flags=[between(f"source_{source.number}_flags.csv") for source in SHIFTS],
    output:
        shifts=between("shifts.parquet"),
        ledger=between("shifts_ledger.csv"),
        all_flags=between("combine_shifts_flags.csv"),
    log:
        log_of("combine_shifts"),
    conda:
        "../../environment.yml"
    params:
        options={
            "labels": [source.label for source in SHIFTS],
            **values("errors", "group_by"),
        },
        code=rule_code("combine_shifts"),
    script:
        "../scripts/combine_shifts.py"


rule combine_anatomy:
    input:
        rows=[between(f"source_{source.number}.parquet") for source in ANATOMY],
        ledgers=[between(f"source_{source.number}_ledger.csv") for source in ANATOMY],
        flags=[between(f"source_{source.number}_flags.csv") for source in ANATOMY],
    output:
        anatomy=between("anatomy.parquet"),
        ledger=between("anatomy_ledger.csv"),
        all_flags=between("combine_anatomy_flags.csv"),
    log:
        log_of("combine_anatomy"),
    conda:
        "../../environment.yml"
    params:
        options={"labels": [source.label for source in ANATOMY]},
        code=rule_code("combine_anatomy"),
    script:
        "../scripts/combine_anatomy.py"
