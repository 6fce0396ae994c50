"""Report: the account of all rows and flags, the report for people, the record for machines."""

STAGE_FLAGS = [
    *EARLIER_FLAGS,
    between("estimate_axis_correlations_flags.csv"),
    between("estimate_margins_flags.csv"),
]
LEDGERS = [between("shifts_ledger.csv"), between("selection_ledger.csv")]
TABLES = [
    "unit_summaries",
    "population_errors",
    "rotation_errors",
    "axis_correlations",
    "fraction_trend",
    "vector_lengths",
    "error_distribution",
    "margins",
    "flags",
]
if ANATOMY:
    STAGE_FLAGS += [
        between("combine_anatomy_flags.csv"),
        between("estimate_anatomy_errors_flags.csv"),
    ]
    LEDGERS.append(between("anatomy_ledger.csv"))
    TABLES.append("anatomy_errors")
DRAWN = [name for name, spec in FIGURES.items() if set(spec.tables) <= set(TABLES)]
RULES = [entry.name for entry in workflow.rules]


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


rule record_provenance:
    input:
        results=[
            *[table(name) for name in TABLES],
            *expand(
                result("figures/{figure}.{form}"),
                figure=DRAWN,
                form=["svg", "pdf", "png", "csv"],
            ),
            result("ledger.csv"),
        ],
    output:
        provenance=result("provenance.json"),
    log:
        log_of("record_provenance"),
    conda:
        "../../environment.yml"
    params:
        options={
            "statement": provenance_statement(STUDY, [*RULES, "record_provenance"])
        },
        code=rule_code("record_provenance"),
    script:
        "../scripts/record_provenance.py"
