"""Protocols as people write them, and what is refused."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.core.exceptions import OutOfRange, WrongUsage
from popmargin.protocols import PROTOCOLS
from popmargin.protocols.parse import parse_protocol

PROMISED = (
    "no_imaging",
    "nal:images=3",
    "nal_shrunk:images=3",
    "enal:images=3,model=mean",
    "enal:model=trend",
    "sal:alpha_mm=9,max_images=2,rule=axis",
    "sal:rule=vector",
    "cover:images=3",
    "weekly:first=3,carry=true",
    "every_kth:k=5,carry=false",
    "daily",
    "daily_threshold:threshold_mm=5,rule=axis",
    "kalman:process_sd_mm=1",
)


@pytest.mark.parametrize("text", PROMISED)
def test_promised_spellings_are_read_and_written_back(text):
    protocol = parse_protocol(text)
    assert protocol.text == text


@pytest.mark.parametrize("name", PROTOCOLS)
@pytest.mark.parametrize("residual", ["residual_mm", "residual_sd_mm"])
def test_every_protocol_takes_either_residual_and_not_both(name, residual):
    assert parse_protocol(f"{name}:{residual}=1.5").values[residual] == 1.5
    with pytest.raises(WrongUsage, match="not both at once"):
        parse_protocol(f"{name}:residual_mm=1,residual_sd_mm=1")


@pytest.mark.parametrize("name", ["weekly", "every_kth", "daily", "daily_threshold"])
def test_every_schedule_takes_a_threshold_with_its_rule(name):
    values = parse_protocol(f"{name}:threshold_mm=4,rule=vector").values
    assert (values["threshold_mm"], values["rule"]) == (4.0, "vector")


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_protocol_stands_without_keys_and_says_where_it_comes_from(name):
    kind = PROTOCOLS[name]
    assert parse_protocol(name).values == {p.name: p.default for p in kind.parameters}
    assert kind.source
    assert kind.description
    for parameter in kind.parameters:
        if parameter.default is not None:
            assert parameter.read(parameter.default) == parameter.default


@pytest.mark.parametrize(
    ("text", "found", "listed"),
    [
        ("nall", "unknown protocol 'nall'", "nal, nal_shrunk, no_imaging"),
        ("nal:image=3", "unknown key of protocol nal 'image'", "images, residual_mm"),
        ("nal:threshold_mm=3", "'threshold_mm'", "images, residual_mm"),
        ("", "unknown protocol ''", "daily_threshold"),
    ],
)
def test_what_does_not_exist_is_refused_with_what_does(text, found, listed):
    with pytest.raises(WrongUsage) as refused:
        parse_protocol(text)
    assert found in str(refused.value)
    assert listed in str(refused.value)


@pytest.mark.parametrize("text", ["nal:", "nal:images", "nal:images=", "nal:images=3,", "nal:=3"])
def test_a_key_without_value_is_refused(text):
    with pytest.raises(WrongUsage, match="expected key=value after the colon"):
        parse_protocol(text)


def test_a_key_given_twice_is_refused():
    with pytest.raises(WrongUsage, match="images is given twice"):
        parse_protocol("nal:images=3,images=4")


@pytest.mark.parametrize(
    "text",
    [
        "nal:images=0",
        "nal:images=2.5",
        "nal:images=true",
        "nal:images=many",
        "sal:alpha_mm=-1",
        "sal:alpha_mm=inf",
        "sal:alpha_mm=nan",
        "sal:rule=sphere",
        "weekly:carry=1",
        "weekly:per_week=6",
        "weekly:first=-1",
        "every_kth:k=0",
        "daily:residual_mm=-0.1",
        "daily_threshold:threshold_mm=x",
        "enal:model=true",
    ],
)
def test_values_out_of_bounds_are_refused_by_name(text):
    key = text.split(":")[1].split("=")[0]
    with pytest.raises(OutOfRange, match=f"^{key}: expected "):
        parse_protocol(text)


def test_a_kind_takes_no_values_of_other_types():
    for value in ([3], {"a": 1}, None):
        with pytest.raises(OutOfRange):
            PROTOCOLS["nal"].choose({"images": value})


def test_a_common_residual_fills_in_and_never_contradicts():
    assert (
        parse_protocol("daily:residual_sd_mm=2").with_residual_sd(1).values["residual_sd_mm"] == 2
    )
    assert parse_protocol("daily").with_residual_sd(0) == parse_protocol("daily")
    with pytest.raises(WrongUsage, match="states residual_mm"):
        parse_protocol("daily:residual_mm=1").with_residual_sd(1)
    with pytest.raises(OutOfRange):
        parse_protocol("daily").with_residual_sd(-1)


def test_linear_is_what_has_no_threshold_and_no_clip():
    assert parse_protocol("weekly:residual_sd_mm=1").is_linear
    assert parse_protocol("nal:residual_mm=1").is_linear
    for text in ("weekly:residual_mm=1", "daily:threshold_mm=1", "sal", "cover", "daily_threshold"):
        assert not parse_protocol(text).is_linear


KEYS = sorted({p.name for kind in PROTOCOLS.values() for p in kind.parameters})
VALUES = (
    "true",
    "false",
    "axis",
    "vector",
    "trend",
    "0",
    "1",
    "2.5",
    "-1",
    "1e400",
    "nan",
    "",
    " 3 ",
)
PAIRS = st.lists(
    st.builds("{}={}".format, st.sampled_from(KEYS), st.sampled_from(VALUES)), max_size=3
)
SPELLINGS = st.builds(
    lambda name, pairs: f"{name}:{','.join(pairs)}", st.sampled_from(list(PROTOCOLS)), PAIRS
)


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=30) | SPELLINGS)
def test_any_text_is_refused_on_purpose_or_read_and_written_back(text):
    with contextlib.suppress(WrongUsage, OutOfRange):
        protocol = parse_protocol(text)
        assert parse_protocol(protocol.text) == protocol


@settings(deadline=None, max_examples=50)
@given(st.floats(0, 1e6, allow_nan=False))
def test_numbers_come_back_exactly(value):
    protocol = PROTOCOLS["daily"].choose({"threshold_mm": value})
    assert parse_protocol(protocol.text) == protocol
