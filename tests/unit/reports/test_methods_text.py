"""The methods paragraph says what was run, numbers its references and gives them as BibTeX."""

import re

import pytest

from popmargin.reports.limits import MODULES, limits_section
from popmargin.reports.methods_text import describe_methods
from popmargin.reports.references import REFERENCES
from tests.figures.synthetic_study import PROVENANCE, STUDY


def whole_text(study=STUDY, recipes=("van_herk", "stroom")):
    return " ".join(describe_methods(study, PROVENANCE, recipes).paragraphs)


def test_says_what_was_run():
    text = whole_text()
    for words in (
        "taken before correction, matched on bone", "first such image", "formed by site",
        "analysis of variance", "95 % intervals", "5 of the sources are synthetic",
        "2 S + 0.7 s", "popmargin 0.1.0 on Python 3.11.7, seed 1", "not a medical device",
    ):  # fmt: skip
        assert words in text
    assert "{" not in text


@pytest.mark.parametrize("estimator", ["anova", "reml", "conventional"])
def test_citation_numbers_match_the_list(estimator):
    methods = describe_methods(STUDY | {"errors": {"estimator": estimator}}, {}, [])
    marks = re.findall(r"\[([\d, ]+)\]", " ".join(methods.paragraphs))
    cited = {int(number) for mark in marks for number in mark.split(", ")}
    assert cited == set(range(1, len(methods.references) + 1))


def test_what_was_not_done_is_not_mentioned():
    text = " ".join(describe_methods({}, {}, []).paragraphs)
    for words in ("Margins (", "synthetic", "matched on", "Groups were"):
        assert words not in text


def test_recipes_are_cited_by_number_and_stand_in_the_bibliography():
    methods = describe_methods(STUDY, PROVENANCE, ["van_herk", "stroom", "parker"])
    keys = [reference.key for reference in methods.references]
    text = " ".join(methods.paragraphs)
    for key in ("vanherk2000", "stroom1999"):
        assert f"[{keys.index(key) + 1}]" in text
    assert "2 S + 0.7 s [8]" in text
    assert "(Parker BC et al., J Appl Clin Med Phys 2002" in text
    assert "@" not in text


def test_fractions_and_options_are_stated():
    study = STUDY | {"margins": STUDY["margins"] | {"fractions": 20}}
    assert "Margins are for 20 fractions." in whole_text(study)
    assert "share of patients 90 %, dose level 95 %, penumbra SD in mm 3.2" in whole_text(study)


def test_bibtex_of_an_article():
    entry = REFERENCES["vanherk2000"].bibtex()
    assert entry.startswith("@article{vanherk2000,\n  author = {van Herk, M. and Remeijer, P. and ")
    assert "  pages = {1121--1135},\n" in entry
    assert "@book{searle1992" in REFERENCES["searle1992"].bibtex()


def test_limits_come_from_the_modules_that_estimate():
    items = limits_section(MODULES).items
    assert len(items) >= len(MODULES)
    assert all(re.match("Assum|Limits", text) for _, text in items)
    trend = dict(limits_section(["fraction_trend"]).items)
    assert len(trend) == 1
    assert "pointwise, not simultaneous" in " ".join(trend.values())
