"""Trials: the trial that the config asks for, and its report."""

from popmargin import __version__ as VERSION

TRIAL = STUDY.values["trial"]
TRIAL_TABLES = []
TRIAL_REPORTS = []
if TRIAL:
    TRIAL_TABLES += [
        "trial_design",
        "trial_operating",
        "trial_sensitivity",
        "trial_power",
        "trial_evidence",
        "trial_centres",
        "trial_credentials",
        "trial_run_in",
        "trial_survival",
        "trial_prior",
    ]
    TRIAL_REPORTS += [
        result(f"trial_report.{form}") for form in ("html", "pdf", "docx")
    ]
TRIAL_CHAIN = [table("outcome_chain")] if "outcome_chain" in OUTCOME_TABLES else []


rule design_trial:
    input:
        margin_coverage=table("margin_coverage"),
        population_errors=table("population_errors"),
        selected=between("selected.parquet"),
        chain=TRIAL_CHAIN,
    output:
        trial_design=table("trial_design"),
        trial_operating=table("trial_operating"),
        trial_sensitivity=table("trial_sensitivity"),
        trial_power=table("trial_power"),
        trial_evidence=table("trial_evidence"),
        trial_centres=table("trial_centres"),
        trial_credentials=table("trial_credentials"),
        trial_run_in=table("trial_run_in"),
        trial_survival=table("trial_survival"),
        trial_prior=table("trial_prior"),
    log:
        log_of("design_trial"),
    conda:
        "../../environment.yml"
    params:
        options={
            "trial": TRIAL,
            "seed": STUDY.values["seed"],
            "recipe": STUDY.values["margins"]["recipes"][0],
            "present": STUDY.values["present_margin_mm"],
            "choice": values("errors", "timing", "surrogate"),
            "estimating": one_estimator(),
            "judging": margin_terms(),
        },
        code=rule_code("design_trial"),
    script:
        "../scripts/design_trial.py"


rule write_trial_report:
    input:
        tables=[
            *map(table, TRIAL_TABLES),
            table("population_errors"),
            table("margins"),
            table("margin_coverage"),
            *(
                [table("replayed_errors")]
                if STUDY.values["replay"]["protocols"]
                else []
            ),
            *TRIAL_CHAIN,
        ],
        figures=[
            result(f"figures/{name}.svg") for name in ("trial_evidence", "trial_power")
        ],
        pictures=[
            result(f"figures/{name}.png") for name in ("trial_evidence", "trial_power")
        ],
    output:
        html=result("trial_report.html"),
        pdf=result("trial_report.pdf"),
        docx=result("trial_report.docx"),
    log:
        log_of("write_trial_report"),
    conda:
        "../../environment.yml"
    params:
        options={"study": STUDY.reported(), "version": VERSION},
        code=rule_code("write_trial_report"),
    script:
        "../scripts/write_trial_report.py"
