"""Report: the account of all rows and flags, the report for people, the record for machines."""

STAGE_FLAGS = [
    *EARLIER_FLAGS,
    between("estimate_axis_correlations_flags.csv"),
    between("estimate_margins_flags.csv"),
    between("estimate_error_budget_flags.csv"),
    between("estimate_course_dependence_flags.csv"),
    *[between(f"{rule}_flags.csv") for rule in ASKED_FOR.values()],
]
LEDGERS = [between("shifts_ledger.csv"), between("selection_ledger.csv")]
TABLES = [
    "unit_summaries",
    "population_errors",
    "rotation_errors",
    "axis_correlations",
    "centre_errors",
    "fraction_trend",
    "course_dependence",
    "vector_lengths",
    "error_distribution",
    "margins",
    "margin_coverage",
    "coverage_curve",
    "coverage_map",
    "dose_population",
    *MODEL_TABLES,
    "error_budget_shares",
    *ASKED_FOR,
    *OFF_AXIS,
    "literature",
    "quality_flags",
    "quality_rows",
    "flags",
]
if ANATOMY:
    STAGE_FLAGS += [
        between("combine_anatomy_flags.csv"),
        between("estimate_anatomy_errors_flags.csv"),
    ]
    LEDGERS.append(between("anatomy_ledger.csv"))
    TABLES.append("anatomy_errors")
TABLES += OUTCOME_TABLES + TRIAL_TABLES
STAGE_FLAGS += OUTCOME_FLAGS
LEDGERS += OUTCOME_LEDGERS
if BURDEN_TABLES:
    STAGE_FLAGS.append(between("estimate_burden_flags.csv"))
    TABLES += BURDEN_TABLES
if REPLAY["protocols"]:
    STAGE_FLAGS.append(between("replay_protocols_flags.csv"))
    LEDGERS.append(between("replay_ledger.csv"))
    TABLES += ["replayed_errors", "protocol_coverage"]
TABLES += MOTION_TABLES
STAGE_FLAGS += MOTION_FLAGS
LEDGERS += MOTION_LEDGERS
DRAWN = [name for name, spec in FIGURES.items() if set(spec.tables) <= set(TABLES)]
DOCUMENTS = [
    "report.pdf",
    "tables.docx",
    "tables.tex",
    "methods.txt",
    "references.bib",
]
HANDED_ON = [
    *dict.fromkeys(entry for source in STUDY.sources for entry in gathered(source)),
    *[
        between(name)
        for name in ("shifts.parquet", "selected.parquet", "unit_summaries.parquet")
    ],
    *([between("anatomy.parquet")] if ANATOMY else []),
    *[path.replace("_ledger.csv", ".parquet") for path in OUTCOME_LEDGERS],
    *([between("traces.parquet")] if TRACES else []),
    ERROR_COMPONENTS,
    *[between(f"figures/{figure}.svg") for figure in DRAWN],
]
STATEMENT = provenance_statement(
    STUDY,
    [entry.name for entry in workflow.rules]
    + [
        "write_explorer",
        "write_documents",
        "write_report",
        "write_workbook",
        "record_provenance",
    ],
)


rule collect_account:
    input:
        ledgers=LEDGERS,
        stage_flags=STAGE_FLAGS,
    output:
        ledger=report(
            result("ledger.csv"), caption="../report/ledger.rst", category="Account"
        ),
        flags=report(table("flags"), caption="../report/flags.rst", category="Account"),
    log:
        log_of("collect_account"),
    conda:
        "../../environment.yml"
    params:
        options={
            "shifts_labels": [source.label for source in SHIFTS],
            "overrides": OVERRIDES,
        },
        code=rule_code("collect_account"),
    script:
        "../scripts/collect_account.py"


rule write_report:
    input:
        tables=[*map(shown, TABLES), result("ledger.csv")],
        figures=[between(f"figures/{figure}.svg") for figure in DRAWN],
        explorer=between("explorer.json"),
    output:
        report=result("report.html"),
    log:
        log_of("write_report"),
    conda:
        "../../environment.yml"
    params:
        options={"study": STUDY.reported(), "statement": STATEMENT},
        code=rule_code("write_report"),
    script:
        "../scripts/write_report.py"


rule write_workbook:
    input:
        tables=[table(name) for name in TABLES if name != "unit_summaries"],
    output:
        workbook=result("tables.xlsx"),
    log:
        log_of("write_workbook"),
    conda:
        "../../environment.yml"
    params:
        options={"title": STUDY.values["title"] or STUDY.name},
        code=rule_code("write_workbook"),
    script:
        "../scripts/write_workbook.py"


rule record_provenance:
    input:
        results=[
            result("report.html"),
            *TRIAL_REPORTS,
            result("explorer.html"),
            *map(result, DOCUMENTS),
            between("explorer.json"),
            result("tables.xlsx"),
            result("ledger.csv"),
            *map(table, TABLES),
            *[
                result(f"figures/{figure}.{form}")
                for figure in DRAWN
                for form in ("svg", "pdf", "png", "csv")
            ],
            *HANDED_ON,
            *LEDGERS,
            *STAGE_FLAGS,
        ],
    output:
        provenance=result("provenance.json"),
    log:
        log_of("record_provenance"),
    conda:
        "../../environment.yml"
    params:
        options={"statement": STATEMENT},
        code=rule_code("record_provenance"),
    script:
        "../scripts/record_provenance.py"
