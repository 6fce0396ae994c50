"""YAML that two readers would read differently is refused, naming line and key."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.core.exceptions import RefusedInput
from popmargin.pipeline.strict_yaml import parse_strict_yaml, place, read_strict_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-3", -3),
        ("2.50", 2.5),
        ("true", True),
        ("null", None),
        ("~", None),
        ("'NO'", "NO"),
        ('"010"', "010"),
        ("plain text: 'x'", {"plain text": "x"}),
        ("[1, a, {b: 2}]", [1, "a", {"b": 2}]),
        ("van_herk", "van_herk"),
    ],
)
def test_plain_values_mean_what_they_say(text, value):
    parsed = parse_strict_yaml(f"a: {text}" if ":" not in text[:12] else f"a:\n  {text}", "f").value
    assert parsed == {"a": value}
    assert type(parsed["a"]) is type(value)


@pytest.mark.parametrize(
    "trap",
    [
        "NO",
        "yes",
        "on",
        "Off",
        "010",
        "0x1F",
        "0b11",
        "1_000",
        "1:30",
        "12:30:45",
        "2024-01-01",
        "1e3",
        "1.5e3",
        ".inf",
        "-.inf",
        ".nan",
        "=",
        "9" * 5000,
    ],
)
def test_values_that_yaml_versions_read_differently_are_refused(trap):
    with pytest.raises(RefusedInput, match=r"study\.yaml, line 3, key a\.b: expected a value that"):
        parse_strict_yaml(f"# first\na:\n  b: {trap}\n", "study.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a: 1\nb: 2\na: 3",
            r"line 3: expected each key once, found 'a' again \(first on line 1\)",
        ),
        ("x:\n  a: 1\n  a: 1", r"line 3: expected each key once"),
        (
            "a: !!python/object/apply:os.system [id]",
            r"line 1: expected plain values, found the tag",
        ),
        ("a: !x 1", "found the tag"),
        ("a: &b 1\nc: *b", r"line 1: expected plain values, found the anchor or alias 'b'"),
        ("a: *b", "anchor or alias 'b'"),
        ("a: 1\n---\nb: 2", "line 2: expected valid YAML"),
        ("a: [1", "expected valid YAML"),
        ("a: b: c", "line 1: expected valid YAML"),
        ("\ta: 1", "line 1: expected valid YAML"),
        ("1: a", "line 1: expected a key that is text, found 1"),
        ("? [a]\n: 1", "expected a key that is text"),
        ("<<: {a: 1}", "line 1: expected a value that YAML"),
        ("a: \x07", "characters that YAML forbids"),
        ("[" * 100_000, "at most 12 levels"),
        ("- " * 50_000, "at most 12 levels"),
    ],
)
def test_what_is_not_plain_yaml_is_refused(text, message):
    with pytest.raises(RefusedInput, match=message):
        parse_strict_yaml(text, "f")


def test_a_billion_laughs_is_refused_at_its_first_anchor():
    laughs = "a: &a [x, x]\n" + "\n".join(f"{c}: &{c} [*a, *a]" for c in "bcdefghij")
    with pytest.raises(RefusedInput, match="line 1"):
        parse_strict_yaml(laughs, "f")


def test_lines_of_keys_and_items():
    document = parse_strict_yaml("a: 1\nb:\n  - c: 2\n  - d: 3\n    e: 4\n", "f")
    assert document.lines[("b",)] == 2
    assert document.lines[("b", 1)] == 4
    assert document.lines[("b", 1, "e")] == 5
    assert place("f", 5, ("b", 1, "e")) == "f, line 5, key b[1].e"


def test_files_that_are_no_utf8_text_or_too_long_are_refused(tmp_path):
    file = tmp_path / "c.yaml"
    file.write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(
        RefusedInput, match=r"c\.yaml, line 2: expected UTF-8 text, found byte 0xff"
    ):
        read_strict_yaml(file)
    file.write_bytes(b"#" * 300_000)
    with pytest.raises(RefusedInput, match="at most 262144 bytes"):
        read_strict_yaml(file)
    with pytest.raises(RefusedInput, match="No such file"):
        read_strict_yaml(tmp_path / "absent.yaml")


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path):
    file = tmp_path / "c.yaml"
    file.write_bytes("\ufeffa: 1".encode())
    assert read_strict_yaml(file).value == {"a": 1}


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=60))
def test_any_text_is_parsed_or_refused(text):
    try:
        value = parse_strict_yaml(text, "f").value
    except RefusedInput:
        return
    assert value is None or isinstance(value, str | int | float | bool | list | dict)
