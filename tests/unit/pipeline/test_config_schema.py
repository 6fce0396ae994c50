"""The schema describes, types and bounds every key, and agrees with the data contracts."""

import json
import re

import pytest
from jsonschema import Draft202012Validator

from popmargin.core.resources import resource_path
from popmargin.core.units import FACTOR_TO_DEG, FACTOR_TO_MM
from popmargin.gather.kinds import READERS
from popmargin.gather.options import CHOICES, ReaderOptions
from popmargin.margins.registry import RECIPES
from popmargin.pipeline.config_schema import config_schema, with_defaults
from popmargin.pipeline.study import TABLE_READER
from popmargin.tables.source import SourceDeclaration


def nodes(rules, path="config"):
    """Every schema node that stands for a value, with its place."""
    yield path, rules
    for key, inner in rules.get("properties", {}).items():
        yield from nodes(inner, f"{path}.{key}")
    if isinstance(rules.get("items"), dict):
        yield from nodes(rules["items"], f"{path}[]")
    if isinstance(rules.get("additionalProperties"), dict):
        yield from nodes(rules["additionalProperties"], f"{path}.*")


ALL = [
    *nodes(config_schema()),
    *(pair for name, rules in config_schema()["$defs"].items() for pair in nodes(rules, name)),
]


def test_the_schema_is_a_valid_schema():
    Draft202012Validator.check_schema(config_schema())


@pytest.mark.parametrize(("path", "rules"), ALL, ids=[path for path, _ in ALL])
def test_every_key_is_described_typed_and_bounded(path, rules):
    if "$ref" in rules:
        assert rules["$ref"].rpartition("/")[2] in config_schema()["$defs"]
        return
    assert len(rules["description"]) > 5
    kinds = rules["type"] if isinstance(rules["type"], list) else [rules["type"]]
    for kind in kinds:
        if kind == "object":
            assert rules["additionalProperties"] is False or "maxProperties" in rules
        elif kind == "array":
            assert "maxItems" in rules
        elif kind in {"number", "integer"}:
            assert {"minimum", "maximum"} <= set(rules) or "enum" in rules
        elif kind == "string":
            assert {"pattern", "enum", "maxLength"} & set(rules)
    if "default" in rules and "required" not in rules:
        Draft202012Validator({**rules, "$defs": config_schema()["$defs"]}).validate(
            rules["default"]
        )


@pytest.mark.parametrize("column", ["quantity", "timing", "modality", "surrogate"])
def test_choices_of_a_source_are_those_of_the_shifts_contract(column):
    contract = json.loads(resource_path("data_schema", "shifts.json").read_text())
    fields = {field["name"]: field for field in contract["fields"]}
    source = config_schema()["$defs"]["source"]["properties"][column]
    assert source["enum"] == [*fields[column]["constraints"]["enum"], None]
    errors = config_schema()["properties"]["errors"]["properties"]
    if column in errors:
        assert [v for v in errors[column]["enum"] if v] == source["enum"][:-1]


def test_units_and_recipes_and_source_keys_exist():
    source = config_schema()["$defs"]["source"]["properties"]
    units = source["units"]["additionalProperties"]["enum"]
    assert set(units) == set(FACTOR_TO_MM | FACTOR_TO_DEG)
    recipes = config_schema()["properties"]["margins"]["properties"]["recipes"]["default"]
    assert set(recipes) <= set(RECIPES)
    defaults = with_defaults({"label": "a"}, config_schema()["$defs"]["source"])
    declared = SourceDeclaration.from_config(defaults)
    assert declared == SourceDeclaration("a"), "defaults differ from those of SourceDeclaration"
    keys = {*SourceDeclaration.__dataclass_fields__, *ReaderOptions.__dataclass_fields__}
    assert set(source) - {"path", "synthetic"} == keys


def test_readers_and_their_choices_are_those_of_the_library():
    source = config_schema()["$defs"]["source"]["properties"]
    # A reader is a file of its own; the schema only says how its name is written.
    for name in (TABLE_READER, *READERS):
        assert re.fullmatch(source["reader"]["pattern"], name)
    for name, choices in CHOICES.items():
        assert {*source[name]["enum"]} - {None} == {*choices}
    defaults = with_defaults({"label": "a", "reader": "xvi"}, config_schema()["$defs"]["source"])
    assert ReaderOptions.from_config(defaults) == ReaderOptions("xvi")


def test_defaults_are_written_out_and_never_shared():
    one = with_defaults({"study": "a", "sources": []})
    two = with_defaults({"study": "b", "sources": []})
    assert one["margins"]["population"] == 0.9
    one["errors"]["group_by"].append("site")
    assert two["errors"]["group_by"] == []
