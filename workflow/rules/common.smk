"""Where things stand, and what the rules share."""

from popmargin.errors.meaning import describe_error
from popmargin.figures import FIGURES
from popmargin.pipeline.statement import provenance_statement
from popmargin.pipeline.raw_sources import privacy_options
from popmargin.pipeline.snakefile import rule_code, source_digest

PRIVACY = privacy_options(STUDY)
SHIFTS = STUDY.sources_of("shifts")
ANATOMY = STUDY.sources_of("anatomy")
SOURCES = {source.number: source for source in STUDY.sources}
OVERRIDES = STUDY.values["overrides"]
OUTCOMES = STUDY.values["outcomes"]


wildcard_constraints:
    number="[1-9][0-9]*",
    figure="[a-z_]+",


def result(name):
    """Path of a result; labels and ids are never part of one."""
    return f"{STUDY.results.as_posix()}/{name}"


def table(name):
    return result(f"tables/{name}.csv")


def between(name):
    """Path of what one rule hands to the next."""
    return result(f"intermediate/{name}")


def shown(name):
    """Path of what pictures and pages read of a table: units as Parquet, by column."""
    return between(f"{name}.parquet") if name == "unit_summaries" else table(name)


def log_of(rule):
    return result(f"logs/{rule}.log")


def values(section, *keys):
    """Values of a section of the config, by name."""
    return {key: STUDY.values[section][key] for key in keys}


def source_of(wildcards):
    return SOURCES[int(wildcards.number)]


def made_by_the_study(source):
    """What a synthetic source is read from, last, and what that is made of."""
    alike = (other for other in STUDY.sources if other.cohort == source.cohort)
    first = next(other for other in alike if other.export == source.export)
    made = [between(f"cohort_{first.number}.parquet")]
    if source.export == "xlsx":
        made.append(between(f"export_{first.number}.xlsx"))
    elif source.export:
        made.append(between(f"export_{first.number}"))
    return made


def made_source(wildcards):
    """What a synthetic source is read from; a raw file's name is no business of Snakemake's."""
    source = source_of(wildcards)
    return [] if source.path else made_by_the_study(source)[-1]


def gathered(source):
    """What gathering one source leaves."""
    made = [] if source.path else made_by_the_study(source)
    made.append(between(f"source_{source.number}.parquet"))
    return made + [
        between(f"source_{source.number}_{part}.csv") for part in ("ledger", "flags")
    ]


def kept_columns(source):
    """Columns beyond the contract that a source's table carries on as text."""
    if source.table != "patients":
        return STUDY.values["errors"]["group_by"] + compared_column()
    named = [
        name
        for analysis in OUTCOMES["analyses"]
        for name in [analysis["compare"], *analysis["covariates"]]
    ]
    return sorted({name for name in named if name})


def raw_digest(wildcards):
    """Hash of a raw file, known before any job; a cohort is known by its rule."""
    source = source_of(wildcards)
    return source_digest(source) if source.path else None


def estimating():
    """What every estimate depends on."""
    return {
        "confidence_level": STUDY.values["confidence_level"],
        "seed": STUDY.values["seed"],
    }


def estimators():
    """The estimator that carries the margins, and the conventional one beside it."""
    return list(dict.fromkeys([STUDY.values["errors"]["estimator"], "conventional"]))


def one_estimator():
    """How the errors that carry the margins are estimated."""
    return {
        "estimators": [STUDY.values["errors"]["estimator"]],
        **values("errors", "random"),
        **estimating(),
    }


def margin_terms():
    """What a margin covers, and what its recipes are computed with."""
    return {
        "covers": describe_error(**values("errors", "timing", "surrogate")),
        "options": values("margins", "penumbra_sd_mm", "dose_level", "population"),
        **values("margins", "fractions"),
    }


def compared_column():
    """Columns that only the comparison needs: what is compared, where something is."""
    return [STUDY.values["comparison"]["between"]] if STUDY.values["comparison"] else []


def compared_images():
    """Which images are compared; bone and soft tissue are not chosen where they are compared."""
    choice = values("errors", "timing", "surrogate", "image")
    return choice | ({"surrogate": None} if "surrogate" in compared_column() else {})
