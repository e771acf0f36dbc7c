"""What a browser may ask for: everything else is refused with the field that is wrong, and nothing breaks on it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opendome.base.errors import CommandError
from opendome.console import messages
from opendome.console.messages import MAX_BYTES, number_of, read_hello, read_message

GOOD: list[dict[str, Any]] = [
    {"do": "approve", "track": 1001},
    {"do": "assign", "track": 1001, "unit": 0, "n_rounds": 2},
    {"do": "hold", "track": 1001},
    {"do": "cease", "track": 1001},
    {"do": "authority", "level": "veto"},
    {"do": "weapons", "level": "hold"},
    {"do": "salvo", "n_rounds": 2},
    {"do": "reserve", "share": 0.25},
    {"do": "alert", "area": 3},
    {"do": "alert_rule", "on": False},
    {"do": "acknowledge", "n": 17},
    {"do": "select", "track": 1001},
    {"do": "pause"},
    {"do": "resume"},
    {"do": "skip"},
    {"do": "finish"},
    {"do": "rate", "value": 4},
    {"do": "back", "seconds": 30},
    {"do": "rewind", "t_s": 60.5},
    {"do": "save", "name": "before the salvo"},
    {"do": "branch", "name": "b-2"},
    {"do": "start", "file": "tutorial"},
    {"do": "inject", "kind": "radar_failure", "what": "b1", "minutes": 5},
]


@pytest.mark.parametrize("message", GOOD, ids=lambda message: message["do"])
def test_what_may_be_asked_is_read(message: dict[str, Any]) -> None:
    found = read_message(json.dumps({"id": 7, **message}))
    assert found.do == message["do"] and found.id == 7
    for name, value in message.items():
        assert getattr(found, name) == value


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ({"do": "approve"}, "track"),
        ({"do": "approve", "track": 0}, "track"),
        ({"do": "approve", "track": "1001; drop"}, "track"),
        ({"do": "approve", "track": 1.5}, "track"),
        ({"do": "approve", "track": 1001, "more": 1}, "more"),
        ({"do": "assign", "track": 1001, "unit": -1}, "unit"),
        ({"do": "authority", "level": "mine"}, "level"),
        ({"do": "salvo", "n_rounds": 5}, "n_rounds"),
        ({"do": "reserve", "share": 1.0}, "share"),
        ({"do": "rate", "value": 1000}, "value"),
        ({"do": "save", "name": "../x"}, "name"),
        ({"do": "save", "name": "a/b"}, "name"),
        ({"do": "save", "name": ".hidden"}, "name"),
        ({"do": "save", "name": "a\nb"}, "name"),
        ({"do": "save", "name": "tail\n"}, "name"),
        ({"do": "save", "name": "x" * 61}, "name"),
        ({"do": "inject", "kind": "quake", "what": "b1"}, "kind"),
        ({"do": "inject", "kind": "radar_failure", "what": "b1", "minutes": -1}, "minutes"),
        ({"do": "explode"}, "message"),
        ({"track": 1001}, "message"),
        ({"do": "pause", "id": -1}, "id"),
    ],
)
def test_what_may_not_is_refused_by_its_field(message: dict[str, Any], field: str) -> None:
    with pytest.raises(CommandError, match=f"^{field}: "):
        read_message(json.dumps(message))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none_are_refused(number: str) -> None:
    for text in (f'{{"do":"rate","value":{number}}}', f'{{"do":"rewind","t_s":{number}}}'):
        with pytest.raises(CommandError):
            read_message(text)


HOSTILE = [
    "",
    "{",
    "[]",
    "null",
    "0",
    '"approve"',
    "[" * MAX_BYTES,
    '{"a":' * 800,
    '{"do":' + "[" * 2000 + "]" * 2000 + "}",
    "9" * MAX_BYTES,
    '{"id":' + "9" * 4000 + ',"do":"pause"}',
    '{"do":"save","name":"\\ud800"}',
    '{"do":"approve","track":1e400}',
    '{"do":"approve","track":true}',
    '{"id":true,"do":"pause"}',
    '{"id":1.5,"do":"pause"}',
    '{"do":"pause","do":"finish","id":NaN}',
    "\x00",
    "\ufeff{}",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_refused_and_breaks_nothing(text: str) -> None:
    number = number_of(text)
    assert type(number) is int and 0 <= number <= 2**53
    for read in (read_message, read_hello):
        with pytest.raises(CommandError) as error:
            read(text)
        assert len(str(error.value)) < 500 and "Traceback" not in str(error.value)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
keys = st.sampled_from(["id", "do", "track", "unit", "n_rounds", "level", "t_s", "kind", "what", "name", "value"])
does = st.sampled_from(sorted({message["do"] for message in GOOD}))


@settings(max_examples=200)
@given(fields=st.dictionaries(keys, anything, max_size=6), do=st.one_of(does, anything))
def test_any_json_is_read_or_refused(fields: dict[str, Any], do: Any) -> None:
    text = json.dumps({**fields, "do": do})
    assert type(number_of(text)) is int
    try:
        found = read_message(text)
    except CommandError:
        return
    assert isinstance(found, messages.Message)  # type: ignore[arg-type]


def test_the_first_message_is_the_token_and_nothing_else() -> None:
    assert read_hello('{"hello":{"token":"abcdefgh"}}') == "abcdefgh"
    for text in ('{"hello":{"token":"abc"}}', '{"hello":{"token":"abcdefgh","x":1}}', '{"hello":"abcdefgh"}', "{}"):
        with pytest.raises(CommandError, match="first message"):
            read_hello(text)
