"""Changing one member of a JSON object in its text: comments, order and all else stay.

Settings may hold comments and trailing commas. Every function takes the text of one object and
raises ValueError where it is none.
"""

import json
import re
from typing import Any, NamedTuple

_SPACE = re.compile(r"(?:\s|\ufeff|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_PLAIN = re.compile(r"[^\s,\]}/\"{\[]+")


class Member(NamedTuple):
    """One member of an object, as places in its text."""

    name: str
    start: int  # of the name
    value: int
    end: int  # behind the value


class Parsed(NamedTuple):
    """The members of an object, and the place of its last brace."""

    members: list[Member]
    close: int

    def find(self, name: str) -> Member | None:
        """Return the member of that name. ValueError when there are several."""
        found = [member for member in self.members if member.name == name]
        if len(found) > 1:
            raise ValueError(f"{name} stands there twice")
        return found[0] if found else None


def load(text: str) -> dict[str, Any]:
    """Return the meaning of the text; nothing in it means an empty object."""
    found = meaning(text) if _after_space(text, 0) else {}
    if not isinstance(found, dict):
        raise ValueError("it is no object")
    return found


def meaning(text: str) -> Any:
    """Return what a value of any kind says."""
    return json.loads(_plain(text))


def _after_space(text: str, at: int) -> str:
    return text[_skip(text, at) :][:1]


def _plain(text: str) -> str:
    """The text with neither comments nor trailing commas."""
    parts, at = [], 0
    while at < len(text):
        string, after = _STRING.match(text, at), _skip(text, at)
        if string:
            parts.append(string[0])
            at = string.end()
        elif after > at:
            parts.append(" ")
            at = after
        else:
            trailing = text[at] == "," and _after_space(text, at + 1) in ("]", "}")
            parts.append("" if trailing else text[at])
            at += 1
    return "".join(parts)


def parse(text: str) -> Parsed:
    """Return where the members of the object stand."""
    at = _skip(text, 0)
    _expect(text, at, "{")
    members: list[Member] = []
    at = _skip(text, at + 1)
    while text[at : at + 1] != "}":
        member = _member(text, at)
        members.append(member)
        at = _skip(text, member.end)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
        else:
            _expect(text, at, "}")
    if _skip(text, at + 1) != len(text):
        raise ValueError("there is something behind the last brace")
    return Parsed(members, at)


def _member(text: str, at: int) -> Member:
    name = _STRING.match(text, at)
    if not name:
        raise ValueError(f"no name at character {at}")
    colon = _skip(text, name.end())
    _expect(text, colon, ":")
    value = _skip(text, colon + 1)
    return Member(json.loads(name[0]), at, value, _value_end(text, value))


def _value_end(text: str, at: int) -> int:
    """The place behind a value. Brackets are counted: what stands between them is checked later."""
    depth = 0
    while True:
        found = _STRING.match(text, at) or _PLAIN.match(text, at)
        if found:
            at = found.end()
        elif text[at : at + 1] in ("{", "["):
            depth, at = depth + 1, at + 1
        elif depth and text[at : at + 1] in ("}", "]"):
            depth, at = depth - 1, at + 1
        elif depth and text[at : at + 1] == ",":
            at += 1
        else:
            raise ValueError(f"no value at character {at}")
        if not depth:
            return at
        at = _skip(text, at)


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _expect(text: str, at: int, char: str) -> None:
    if text[at : at + 1] != char:
        raise ValueError(f"no {char} at character {at}")


def raw(text: str, name: str) -> str | None:
    """Return the text of a member's value, None where there is no such member."""
    member = parse(text).find(name) if _after_space(text, 0) else None
    return text[member.value : member.end] if member else None


def with_member(text: str, name: str, value: str) -> str:
    """Return the text with a member set to a value (as text), put last if it is new."""
    if not _after_space(text, 0):
        return f"{text}{{\n  {json.dumps(name)}: {value}\n}}\n"
    value = value.replace("\r\n", "\n").replace("\n", _newline(text))
    parsed = parse(text)
    member = parsed.find(name)
    if member:
        return text[: member.value] + value + text[member.end :]
    return _with_new(text, parsed, f"{json.dumps(name)}: {value}")


def _with_new(text: str, parsed: Parsed, line: str) -> str:
    """The text with a member behind the last one, in such a way that it can be taken out again."""
    last = parsed.members[-1].end if parsed.members else _skip(text, 0) + 1
    tail = text[last : parsed.close]
    kept = tail.rstrip()
    space = tail[len(kept) :]
    trailing = text[_skip(text, last)] == ","
    comma = "," if parsed.members and not trailing else ""
    if "\n" in space:
        before = _newline(text) + indent_of(text, parsed)
    else:
        before = " " if parsed.members else ""
    after = "," if trailing else ""
    return text[:last] + comma + kept + before + line + after + space + text[parsed.close :]


def without_member(text: str, name: str) -> str:
    """Return the text without a member and the comma and the line that it leaves behind."""
    if not _after_space(text, 0):
        return text
    parsed = parse(text)
    member = parsed.find(name)
    if member is None:
        return text
    following = _skip(text, member.end)
    is_last = text[following] != ","
    rest = text[member.end :] if is_last else text[following + 1 :]
    head = _before(text[: member.start], rest)
    return (_without_comma(head, parsed, member) if is_last else head) + rest


def _before(head: str, rest: str) -> str:
    """The text before a member, without its line if it had one of its own."""
    line = head.rstrip(" \t")
    if not line.endswith("\n"):
        return line
    if not rest.lstrip(" \t").startswith(("\n", "\r\n")):
        return head
    return line.removesuffix(_newline(head))


def _without_comma(head: str, parsed: Parsed, last: Member) -> str:
    """The text before the last member without the comma that led to it."""
    at = parsed.members.index(last)
    if not at:
        return head
    end = parsed.members[at - 1].end
    comma = _skip(head, end)
    return head[:comma] + head[comma + 1 :] if head[comma : comma + 1] == "," else head


def indent_of(text: str, parsed: Parsed) -> str:
    """Return the white space before the first member, two spaces where it has no line."""
    if not parsed.members:
        return "  "
    before = text[: parsed.members[0].start].rpartition("\n")
    return before[2] if before[1] and not before[2].strip() else "  "


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def dump(value: Any, indent: str) -> str:
    """Return JSON whose members stand one level deeper than the indent."""
    unit = indent or "  "
    return json.dumps(value, indent=unit, ensure_ascii=False).replace("\n", "\n" + indent)
