"""The methods say of centres, anatomy and outcomes what their tables hold, and nothing else."""

import polars as pl

from popmargin.reports.methods_findings import cohort_words, finding_paragraphs
from popmargin.reports.methods_text import describe_methods
from tests.figures.synthetic_study import PROVENANCE, STUDY

ERRORS = pl.DataFrame(
    {"group": ["a", "a", "b"], "n_patients": [30, 30, 8], "n_fractions": [900, 880, 200]}
)
EFFECTS = pl.DataFrame(
    {
        "endpoint": ["gi", "gi"], "model": ["cox", "cox"], "term": ["arm: b", "age"],
        "ratio": [0.5, 1.1], "method": ["penalised"] * 2, "n_patients": [1102] * 2,
        "n_events": [43] * 2, "missing_share": [0.1] * 2, "clustering": ["one centre"] * 2,
    }
)  # fmt: skip
TABLES = {
    "population_errors": ERRORS,
    "centre_errors": pl.DataFrame({"n_centres": [2]}),
    "centre_places": pl.DataFrame({"centre": ["A"]}),
    "group_comparison": pl.DataFrame({"n_tests": [3]}),
    "margin_coverage": pl.DataFrame(
        {"coverage": [None, 0.9], "method": [None, "monte_carlo"], "ctv_radius_mm": [30.0] * 2,
         "dose_level": [0.95] * 2, "fractions": [25] * 2}
    ),
    "anatomy_trajectories": pl.DataFrame(
        {"side": ["left", None], "structure": ["parotid", "body"],
         "quantity": ["volume", "weight"], "n_patients": [12, 40]}
    ),
    "outcome_curves": pl.DataFrame({"endpoint": ["gi"], "by": ["igrt_protocol"]}),
    "outcome_effects": EFFECTS,
    "outcome_weighted": pl.DataFrame({"endpoint": ["gi"]}),
}  # fmt: skip
SOURCES = [
    {"label": "x", "reader": "xvi"},
    {"label": "y", "reader": "offline_review", "table": "shifts"},
    {"label": "z", "reader": "offline_review"},
    {"label": "o", "table": "outcomes", "reader": "table"},
]


def told(study=STUDY, tables=TABLES):
    return " ".join(describe_methods(study, PROVENANCE, [], tables).paragraphs)


def test_every_finding_is_told_with_its_numbers():
    text = told()
    for words in (
        "a: 30 patients, 900 fractions; b: 8 patients, 200 fractions",
        "between the 2 centres",
        "the other centres, itself left out",
        "Holm's method for the 3 comparisons",
        "Monte Carlo simulation) as the share of patients whose spherical CTV of 30 mm radius",
        "left parotid volume (12 patients) and body weight (40 patients)",
        "Cumulative incidence (gi by igrt protocol)",
        "Gi (43 events in 1,102 patients) was related to arm: b and age by Cox regression",
        "missing covariates were imputed ten times",
        "Nothing was randomised: ratios are associations.",
        "E-value",
    ):
        assert words in text
    assert "@" not in text


def test_references_come_in_the_order_of_the_text():
    methods = describe_methods(STUDY, PROVENANCE, ["van_herk"], TABLES)
    keys = [reference.key for reference in methods.references]
    order = ["vanherk2000", "spiegelhalter2005", "laird1982", "aalen1978", "cox1972", "firth1993"]
    assert [key for key in keys if key in order] == order
    assert {"rubin1987", "vanderweele2017"} <= set(keys)


def test_what_was_randomised_is_not_called_an_association():
    study = STUDY | {"outcomes": {"analyses": [{"endpoint": "gi", "randomised": True}]}}
    assert "Only what was randomised is called an effect." in told(study)


def test_readers_are_named_once_and_only_those_of_shifts():
    words = cohort_words({"sources": SOURCES}, {"population_errors": ERRORS})
    assert words.endswith("Shifts were read from Elekta XVI and Varian Offline Review.")
    drawn = {"label": "a", "synthetic": {"cohort": "lung"}}
    exported = {"label": "b", "reader": "xvi", "synthetic": {"cohort": "lung", "export": "xvi"}}
    words = cohort_words({"sources": [drawn, exported]}, {"population_errors": ERRORS})
    assert words.endswith("Shifts were read from Elekta XVI.")
    many = pl.DataFrame(
        {"group": [f"g{i}" for i in range(9)], "n_patients": [1] * 9, "n_fractions": [1] * 9}
    )
    assert "9 groups, listed in the tables" in cohort_words({}, {"population_errors": many})


def test_empty_tables_say_nothing():
    empty = {name: table.clear() for name, table in TABLES.items()}
    assert list(finding_paragraphs(STUDY, empty)) == []
    assert cohort_words(STUDY, empty) == ""
    refused = EFFECTS.with_columns(ratio=pl.lit(None, pl.Float64))
    assert list(finding_paragraphs(STUDY, {"outcome_effects": refused})) == []


def test_a_mark_that_data_brought_in_stays_as_it_is():
    table = pl.DataFrame({"endpoint": ["gi [@nobody1999]"], "by": ["arm"]})
    assert "gi [@nobody1999] by arm" in told(tables={"outcome_curves": table})
