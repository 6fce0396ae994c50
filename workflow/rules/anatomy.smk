"""Anatomy: rates, steps, filling and depth; triggers and schedules replayed on the logs."""

CHANGE = STUDY.values["anatomy"]
if ANATOMY:
    MOTION_TABLES += [
        "anatomy_trajectories",
        "anatomy_courses",
        "anatomy_steps",
        "detection_delay",
        "organ_mobility",
        "filling_rules",
        "depth_dose",
        "trigger_replay",
        "trigger_alarms",
        "replanning_schedules",
        "predictor_performance",
        "predictor_calibration",
        "decision_curve",
    ]
    MOTION_FLAGS += [
        between("estimate_anatomy_change_flags.csv"),
        between("replay_replanning_flags.csv"),
    ]


rule estimate_anatomy_change:
    input:
        anatomy=between("anatomy.parquet"),
    output:
        anatomy_trajectories=table("anatomy_trajectories"),
        anatomy_courses=table("anatomy_courses"),
        anatomy_steps=table("anatomy_steps"),
        detection_delay=table("detection_delay"),
        organ_mobility=table("organ_mobility"),
        filling_rules=table("filling_rules"),
        depth_dose=table("depth_dose"),
        flags=between("estimate_anatomy_change_flags.csv"),
    log:
        log_of("estimate_anatomy_change"),
    conda:
        "../../environment.yml"
    params:
        options={
            **values("anatomy", "exclude_events", "false_alarms", "beam", "tpr_20_10"),
            **values(
                "anatomy", "dose_threshold_share", "filling_limits", "library_plans"
            ),
            **estimating(),
        },
        code=rule_code("estimate_anatomy_change"),
    script:
        "../scripts/estimate_anatomy_change.py"


rule replay_replanning:
    input:
        anatomy=between("anatomy.parquet"),
    output:
        trigger_replay=table("trigger_replay"),
        trigger_alarms=table("trigger_alarms"),
        replanning_schedules=table("replanning_schedules"),
        predictor_performance=table("predictor_performance"),
        predictor_calibration=table("predictor_calibration"),
        decision_curve=table("decision_curve"),
        flags=between("replay_replanning_flags.csv"),
    log:
        log_of("replay_replanning"),
    conda:
        "../../environment.yml"
    params:
        options={
            **values(
                "anatomy",
                "exclude_events",
                "triggers",
                "own_triggers",
                "use_shipped_triggers",
                "predict_by_fraction",
                "replan_delay_fractions",
            ),
            **estimating(),
        },
        code=rule_code("replay_replanning"),
    script:
        "../scripts/replay_replanning.py"
