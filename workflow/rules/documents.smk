"""Documents: the report as pages, and what people paste into a manuscript."""


rule write_documents:
    input:
        tables=[*map(shown, TABLES), result("ledger.csv")],
        figures=[between(f"figures/{figure}.svg") for figure in DRAWN],
    output:
        pdf=result("report.pdf"),
        docx=result("tables.docx"),
        latex=result("tables.tex"),
        methods=result("methods.txt"),
        references=result("references.bib"),
    log:
        log_of("write_documents"),
    conda:
        "../../environment.yml"
    params:
        options={"study": STUDY.reported(), "statement": STATEMENT},
        code=rule_code("write_documents"),
    script:
        "../scripts/write_documents.py"
