"""One member of a JSON object with comments, changed in its text and put back."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.setup.jsonc import load, raw, with_member, without_member

NAME = "statusLine"
WORDS = st.text(st.sampled_from('ab/*"\\,:{}[] é\n'), max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(WORDS.filter(lambda name: name != NAME), VALUES, max_size=4)
SPACES = st.sampled_from(
    ["", " ", "\n", "\n  ", "\n\t", ' // {["\n', "/* ,} */", '\n  // a, "b": 1\n  ']
)


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """An object written by a person, and what it says."""
    data = draw(OBJECTS)
    members = [
        f"{draw(SPACES)}{json.dumps(name)}{draw(SPACES)}:{draw(SPACES)}{json.dumps(value)}"
        for name, value in data.items()
    ]
    trailing = "," if data and draw(st.booleans()) else ""
    inside = f"{draw(SPACES)},".join(members) + draw(SPACES) + trailing + draw(SPACES)
    return draw(SPACES) + "{" + inside + "}" + draw(SPACES), data


@given(texts(), VALUES)
def test_a_new_member_is_all_that_is_new_and_goes_without_a_trace(
    text: tuple[str, dict[str, Any]], value: Any
) -> None:
    written, data = text
    changed = with_member(written, NAME, json.dumps(value, indent=2))

    assert load(changed) == {**data, NAME: value}
    assert load(without_member(changed, NAME)) == data
    assert without_member(changed, NAME) == written


@given(texts(), VALUES, VALUES, st.data())
def test_a_member_that_was_there_is_replaced_and_put_back(
    text: tuple[str, dict[str, Any]], old: Any, new: Any, more: st.DataObject
) -> None:
    written, data = text
    if not data:
        return
    name = more.draw(st.sampled_from(list(data)))
    before = raw(written, name)
    assert before is not None
    changed = with_member(written, name, json.dumps(new, indent=2))

    assert load(changed) == {**data, name: new}
    assert with_member(changed, name, before) == written
    rest = {key: value for key, value in data.items() if key != name}
    assert load(without_member(written, name)) == rest


@pytest.mark.parametrize(
    "text", ["[", "[]", "{", "{,}", '{"a" 1}', '{"a": 1 "b": 2}', "{} x", "{a: 1}"]
)
def test_what_is_no_object_is_refused(text: str) -> None:
    for change in (lambda: raw(text, NAME), lambda: with_member(text, NAME, "1")):
        with pytest.raises(ValueError, match=r"at character|behind the last"):
            change()
