"""Explorer: margins and coverage that answer in the browser, a page and a part of the report."""

REPLAYED = [table("replayed_errors")] if "replayed_errors" in TABLES else []


rule write_explorer:
    input:
        unit_summaries=between("unit_summaries.parquet"),
        flags=table("flags"),
        replayed=REPLAYED,
    output:
        data=between("explorer.json"),
        page=result("explorer.html"),
    log:
        log_of("write_explorer"),
    conda:
        "../../environment.yml"
    params:
        options={
            "margins": STUDY.values["margins"],
            "target": STUDY.values["target"],
            "study": STUDY.reported(),
            "version": STATEMENT["popmargin"],
            "estimating": {
                "estimators": [STUDY.values["errors"]["estimator"]],
                "random": STUDY.values["errors"]["random"],
                **estimating(),
            },
            **values("errors", "group_by"),
        },
        code=rule_code("write_explorer"),
    script:
        "../scripts/write_explorer.py"
