"""Replay: what correction protocols would have made of the logged errors, where the config asks."""

REPLAY = STUDY.values["replay"]


rule replay_protocols:
    input:
        selected=between("selected.parquet"),
        anatomy=between("anatomy.parquet") if REPLAY["filling"] and ANATOMY else [],
        earlier_flags=EARLIER_FLAGS,
    output:
        replayed_errors=table("replayed_errors"),
        protocol_coverage=table("protocol_coverage"),
        ledger=between("replay_ledger.csv"),
        flags=between("replay_protocols_flags.csv"),
    log:
        log_of("replay_protocols"),
    conda:
        "../../environment.yml"
    params:
        options={
            "replay": REPLAY,
            "in_use": STUDY.values["protocol_in_use"],
            "margins": STUDY.values["margins"],
            "target": STUDY.values["target"],
            "present": STUDY.values["present_margin_mm"],
            "overrides": OVERRIDES,
            "estimating": {**values("errors", "estimator", "random"), **estimating()},
            **values("errors", "group_by"),
        },
        code=rule_code("replay_protocols"),
    script:
        "../scripts/replay_protocols.py"
