"""Faults of the error budget and the target that no schema can see: named before anything runs."""

import pytest

from popmargin.core.exceptions import RefusedInput
from popmargin.pipeline.config import load_study

BASE = "study: s\nsources:\n  - label: a\n    synthetic: {cohort: brain}\n"
PART = "{component: %s, kind: systematic, lr_mm: %s, si_mm: 1, ap_mm: 1, source: x%s}"


def budget(*parts):
    return "error_budget:\n  components:\n" + "".join(f"    - {PART % part}\n" for part in parts)


def refused(tmp_path, text):
    (tmp_path / "s.yaml").write_text(BASE + text)
    with pytest.raises(RefusedInput) as found:
        load_study(tmp_path / "s.yaml", {})
    return str(found.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("error_budget: {breathing: {from: traces}}\n", "expected a source of traces"),
        (
            "error_budget: {breathing: {from: traces, si_mm: 3}}\n",
            "no amplitude beside from: traces",
        ),
        ("error_budget: {breathing: {lr_mm: 1, si_mm: 3}}\n", "no ap_mm, source"),
        (budget(("a", 1, ", part_of: t")), "part_of of a"),
        (
            budget(("a", 1, ", part_of: t"), ("b", 1, ", part_of: t"), ("t", 9, "")),
            "between 0 and 2",
        ),
        ("target: {models: [logged], fractions: 5}\n", "a target with ctv_radius_mm"),
        (
            "target: {ctv_radius_mm: 9, fractions: 5, surface: {source: b, structure: CTV}}\n",
            "the label of a source",
        ),
    ],
)
def test_a_fault_is_named(tmp_path, text, words):
    assert words in refused(tmp_path, text)


def test_parts_of_a_total_and_other_models_are_accepted(tmp_path):
    text = budget(("a", 1, ", part_of: t"), ("b", 1, ", part_of: t"), ("t", 1.5, ", groups: [x]"))
    # The parts belong to every group, their total to one of them: they are not the same family.
    assert "part_of of a" in refused(tmp_path, text)
    text = budget(("a", 1, ", part_of: t"), ("b", 1, ", part_of: t"), ("t", 1.5, ""))
    target = "target: {ctv_radius_mm: 9, fractions: 5, models: [logged, own_random_sd]}\n"
    (tmp_path / "s.yaml").write_text(BASE + text + target)
    values = load_study(tmp_path / "s.yaml", {}).values
    assert values["target"]["models"] == ["logged", "own_random_sd"]
    assert values["error_budget"]["components"][0]["part_of"] == "t"
