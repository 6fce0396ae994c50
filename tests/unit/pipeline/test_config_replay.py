"""Faults of the section replay that no schema can see: named by key, before anything runs."""

import pytest

from popmargin.core.exceptions import RefusedInput
from popmargin.pipeline.config import load_study

BASE = "study: s\nsources:\n  - label: a\n    synthetic: {cohort: brain}\n"


def refused(tmp_path, text):
    (tmp_path / "s.yaml").write_text(BASE + text)
    with pytest.raises(RefusedInput) as found:
        load_study(tmp_path / "s.yaml", {})
    return str(found.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("replay:\n  protocols: [nall]\n", "line 6, key replay.protocols[0]"),
        ("replay:\n  protocols: ['nal:images=0']\n", "images: expected a whole number >= 1"),
        (
            "errors: {timing: after_correction}\nreplay: {protocols: [nal]}\n",
            "expected before_correction, which a replay needs",
        ),
        ("replay: {protocols: [nal], minutes_per_image: 4}\n", "expected both minutes or none"),
        (
            "replay: {protocols: ['daily:residual_mm=3'], couch_sd_mm: 1}\n",
            "states residual_mm",
        ),
        ("replay: {protocols: [postponement]}\n", "state the filling limit"),
        ("replay: {protocols: ['postponement:limit=40']}\n", "replay: filling"),
        (
            "replay:\n  protocols: ['postponement:limit=40']\n"
            "  filling: {structure: rectum, quantity: diameter}\n",
            "a source of table anatomy",
        ),
    ],
)
def test_what_a_replay_lacks_is_refused_with_its_key(tmp_path, text, words):
    assert words in refused(tmp_path, text)


def test_nothing_is_replayed_unless_the_config_asks(tmp_path):
    (tmp_path / "s.yaml").write_text(BASE)
    assert load_study(tmp_path / "s.yaml", {}).values["replay"]["protocols"] == []
