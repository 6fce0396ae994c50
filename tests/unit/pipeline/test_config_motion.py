"""Faults of motion and anatomy that no schema can see; own triggers and strategies are accepted."""

import pytest

from popmargin.core.exceptions import RefusedInput
from popmargin.pipeline.config import load_study

BASE = "study: s\nsources:\n  - label: a\n    synthetic: {cohort: brain}\n"
ANATOMY = "  - label: b\n    table: anatomy\n    synthetic: {cohort: lung_anatomy}\n"
TRIGGER = (
    "{trigger: weight_8, quantity: weight, threshold: 8, unit: '%', action: look, source: local}"
)


def study(tmp_path, text):
    (tmp_path / "s.yaml").write_text(BASE + text)
    return load_study(tmp_path / "s.yaml", {})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("motion: {amplitudes: true}\n", "a source of anatomy"),
        ("motion: {strategies: {compression_cap_mm: 0}}\n", "compression_cap_mm"),
        ("motion: {strategies: {compression_cap_cm: 1}}\n", "compression_cap_cm"),
        ("anatomy: {triggers: [nothing]}\n", "hn_weight_loss"),
        (
            f"anatomy: {{own_triggers: [{TRIGGER.replace('weight_8', 'hn_weight_loss')}]}}\n",
            "is taken",
        ),
        (f"anatomy: {{own_triggers: [{TRIGGER}, {TRIGGER}]}}\n", "is taken"),
        (f"anatomy: {{own_triggers: [{TRIGGER.replace(chr(39) + '%' + chr(39), 'kg')}]}}\n",
         "expected %"),
        (f"anatomy: {{own_triggers: [{TRIGGER.replace(', source: local', '')}]}}\n", "source"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(tmp_path, text, words):
    with pytest.raises(RefusedInput) as found:
        study(tmp_path, text)
    assert words in str(found.value)


def test_own_values_are_taken_as_stated(tmp_path):
    text = (
        f"{ANATOMY}motion:\n  amplitudes: true\n  strategies: {{gating_duty_cycle: 0.35}}\n"
        f"anatomy:\n  use_shipped_triggers: false\n  own_triggers: [{TRIGGER}]\n"
    )
    values = study(tmp_path, text).values
    assert values["motion"]["strategies"]["gating_duty_cycle"] == 0.35
    assert values["motion"]["strategies"]["breath_hold_duty_cycle"] is None
    assert values["anatomy"]["own_triggers"][0]["trigger"] == "weight_8"
