"""Errors: population errors with intervals, and what stands beside them."""


rule summarise_units:
    input:
        shifts=between("shifts.parquet"),
    output:
        unit_summaries=table("unit_summaries"),
        units=between("unit_summaries.parquet"),
        selected=between("selected.parquet"),
        ledger=between("selection_ledger.csv"),
        flags=between("summarise_units_flags.csv"),
    log:
        log_of("summarise_units"),
    conda:
        "../../environment.yml"
    params:
        options=values("errors", "group_by", "timing", "surrogate", "image"),
        code=rule_code("summarise_units"),
    script:
        "../scripts/summarise_units.py"


rule estimate_population_errors:
    input:
        unit_summaries=between("unit_summaries.parquet"),
    output:
        population_errors=table("population_errors"),
        rotation_errors=table("rotation_errors"),
        flags=between("estimate_population_errors_flags.csv"),
    log:
        log_of("estimate_population_errors"),
    conda:
        "../../environment.yml"
    params:
        options={
            "estimators": estimators(),
            **values("errors", "group_by", "random"),
            **estimating(),
        },
        code=rule_code("estimate_population_errors"),
    script:
        "../scripts/estimate_population_errors.py"


rule estimate_axis_correlations:
    input:
        selected=between("selected.parquet"),
    output:
        axis_correlations=table("axis_correlations"),
        flags=between("estimate_axis_correlations_flags.csv"),
    log:
        log_of("estimate_axis_correlations"),
    conda:
        "../../environment.yml"
    params:
        options={**values("errors", "group_by"), **estimating()},
        code=rule_code("estimate_axis_correlations"),
    script:
        "../scripts/estimate_axis_correlations.py"


rule estimate_centre_errors:
    input:
        selected=between("selected.parquet"),
    output:
        centre_errors=table("centre_errors"),
    log:
        log_of("estimate_centre_errors"),
    conda:
        "../../environment.yml"
    params:
        options={**values("errors", "group_by"), **estimating()},
        code=rule_code("estimate_centre_errors"),
    script:
        "../scripts/estimate_centre_errors.py"


rule estimate_fraction_trend:
    input:
        selected=between("selected.parquet"),
    output:
        fraction_trend=table("fraction_trend"),
    log:
        log_of("estimate_fraction_trend"),
    conda:
        "../../environment.yml"
    params:
        options={
            **values("errors", "group_by"),
            "confidence_level": STUDY.values["confidence_level"],
        },
        code=rule_code("estimate_fraction_trend"),
    script:
        "../scripts/estimate_fraction_trend.py"


rule estimate_vector_lengths:
    input:
        selected=between("selected.parquet"),
    output:
        vector_lengths=table("vector_lengths"),
    log:
        log_of("estimate_vector_lengths"),
    conda:
        "../../environment.yml"
    params:
        options={
            **values("errors", "group_by"),
            "confidence_level": STUDY.values["confidence_level"],
        },
        code=rule_code("estimate_vector_lengths"),
    script:
        "../scripts/estimate_vector_lengths.py"


rule describe_distribution:
    input:
        selected=between("selected.parquet"),
    output:
        error_distribution=table("error_distribution"),
    log:
        log_of("describe_distribution"),
    conda:
        "../../environment.yml"
    params:
        options=values("errors", "group_by"),
        code=rule_code("describe_distribution"),
    script:
        "../scripts/describe_distribution.py"


rule estimate_anatomy_errors:
    input:
        anatomy=between("anatomy.parquet"),
    output:
        anatomy_errors=table("anatomy_errors"),
        flags=between("estimate_anatomy_errors_flags.csv"),
    log:
        log_of("estimate_anatomy_errors"),
    conda:
        "../../environment.yml"
    params:
        options={
            "estimators": estimators(),
            **values("errors", "random"),
            **estimating(),
        },
        code=rule_code("estimate_anatomy_errors"),
    script:
        "../scripts/estimate_anatomy_errors.py"
