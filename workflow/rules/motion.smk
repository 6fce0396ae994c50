"""Motion: what moves within a fraction, breathing, and strategies against it."""

MOTION = STUDY.values["motion"]
TRACES = STUDY.sources_of("traces")
AMPLITUDES = MOTION["amplitudes"]
MOTION_TABLES = []
MOTION_FLAGS = []
MOTION_LEDGERS = []
if MOTION["intrafraction"]:
    MOTION_TABLES += ["intrafraction_motion", "motion_growth", "reimaging"]
    MOTION_FLAGS.append(between("estimate_intrafraction_motion_flags.csv"))
if TRACES or AMPLITUDES:
    MOTION_TABLES += ["trace_summaries", "breathing_population"]
    MOTION_TABLES += ["patient_strategies", "motion_strategies", "strategy_parameters"]
    MOTION_FLAGS += [
        between(f"{name}_flags.csv")
        for name in ("summarise_traces", "compare_motion_strategies")
    ]
if TRACES:
    MOTION_FLAGS.append(between("combine_traces_flags.csv"))
    MOTION_LEDGERS.append(between("traces_ledger.csv"))


rule combine_traces:
    input:
        rows=[between(f"source_{source.number}.parquet") for source in TRACES],
        ledgers=[between(f"source_{source.number}_ledger.csv") for source in TRACES],
        flags=[between(f"source_{source.number}_flags.csv") for source in TRACES],
    output:
        traces=between("traces.parquet"),
        ledger=between("traces_ledger.csv"),
        all_flags=between("combine_traces_flags.csv"),
    log:
        log_of("combine_traces"),
    conda:
        "../../environment.yml"
    params:
        options={"labels": [source.label for source in TRACES]},
        code=rule_code("combine_traces"),
    script:
        "../scripts/combine_traces.py"


rule estimate_intrafraction_motion:
    input:
        shifts=between("shifts.parquet"),
        traces=between("traces.parquet") if TRACES else [],
    output:
        intrafraction_motion=table("intrafraction_motion"),
        motion_growth=table("motion_growth"),
        reimaging=table("reimaging"),
        flags=between("estimate_intrafraction_motion_flags.csv"),
    log:
        log_of("estimate_intrafraction_motion"),
    conda:
        "../../environment.yml"
    params:
        options={
            **values("errors", "group_by"),
            **values("motion", "match_sd_mm", "tolerances_mm", "delay_min", "block_s"),
            **estimating(),
        },
        code=rule_code("estimate_intrafraction_motion"),
    script:
        "../scripts/estimate_intrafraction_motion.py"


rule summarise_traces:
    input:
        traces=between("traces.parquet") if TRACES else [],
        anatomy=between("anatomy.parquet") if AMPLITUDES else [],
    output:
        trace_summaries=table("trace_summaries"),
        breathing_population=table("breathing_population"),
        flags=between("summarise_traces_flags.csv"),
    log:
        log_of("summarise_traces"),
    conda:
        "../../environment.yml"
    params:
        options={
            "describing": values("motion", "gate_window_share", "latency_s"),
            **estimating(),
        },
        code=rule_code("summarise_traces"),
    script:
        "../scripts/summarise_traces.py"


rule compare_motion_strategies:
    input:
        trace_summaries=table("trace_summaries"),
        population_errors=table("population_errors"),
        intrafraction_motion=(
            table("intrafraction_motion") if MOTION["intrafraction"] else []
        ),
    output:
        patient_strategies=table("patient_strategies"),
        motion_strategies=table("motion_strategies"),
        strategy_parameters=table("strategy_parameters"),
        flags=between("compare_motion_strategies_flags.csv"),
    log:
        log_of("compare_motion_strategies"),
    conda:
        "../../environment.yml"
    params:
        options={
            **values("motion", "group", "beam_min", "benefit_share", "strategies"),
            **values("motion", "gate_window_share", "latency_s"),
            **values("margins", "penumbra_sd_mm", "dose_level", "population"),
            "radius_mm": STUDY.values["target"]["ctv_radius_mm"],
            "estimator": STUDY.values["errors"]["estimator"],
            "confidence_level": STUDY.values["confidence_level"],
        },
        code=rule_code("compare_motion_strategies"),
    script:
        "../scripts/compare_motion_strategies.py"
