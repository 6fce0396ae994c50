"""From logged shifts to population errors and margins: the whole workflow at a glance.

Run it with `snakemake --cores all`, or `snakemake --cores all --configfile mystudy.yaml`: that file
alone then states the study, nothing of the example is merged in. Results: results/<study>/.
After a crash: `snakemake --unlock`, then the same command with `--rerun-incomplete`.
"""

from snakemake.utils import min_version

from popmargin.pipeline.snakefile import study_of

min_version("9.3")


# Refuses here, before any job, naming file, line and key.
STUDY = study_of(workflow)


include: "workflow/rules/common.smk"
include: "workflow/rules/gather.smk"
include: "workflow/rules/errors.smk"
include: "workflow/rules/quality.smk"
include: "workflow/rules/analyses.smk"
include: "workflow/rules/margins.smk"
include: "workflow/rules/coverage_models.smk"
include: "workflow/rules/coverage.smk"
include: "workflow/rules/motion.smk"
include: "workflow/rules/anatomy.smk"
include: "workflow/rules/outcomes.smk"
include: "workflow/rules/dose.smk"
include: "workflow/rules/trials.smk"
include: "workflow/rules/comparison.smk"
include: "workflow/rules/decisions.smk"
include: "workflow/rules/centres.smk"
include: "workflow/rules/burden.smk"
include: "workflow/rules/replay.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/explorer.smk"
include: "workflow/rules/documents.smk"


rule all:
    default_target: True
    input:
        provenance=result("provenance.json"),
