"""Markup in which nothing that comes from data can be anything but text."""

import re
from html import escape

from ccmeter.render.units import printable

# embeddings, overrides and isolates turn around what stands behind a name; marks do not
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def text(value: str) -> Html:
    """Return any text as markup that shows it, whatever it holds."""
    if isinstance(value, Html):
        return value
    shown = _TURNS.sub("?", printable(value)).encode("utf-8", "replace").decode()
    return Html(escape(shown))


def join(*parts: str) -> Html:
    """Return the parts as one; what is not yet markup is text."""
    return Html("".join(map(text, parts)))


def tag(kind: str, /, *children: str, **attributes: str | float) -> Html:
    """Return an element. `class_` stands for class, `aria_label` for aria-label."""
    words = (f' {key.strip("_").replace("_", "-")}="{text(str(value))}"'
             for key, value in attributes.items())  # fmt: skip
    start = f"<{kind}{''.join(words)}>"
    return Html(start if kind == "meta" else f"{start}{join(*children)}</{kind}>")


def name(value: str) -> Html:
    """Return a name out of data, which may be written in any direction."""
    return tag("bdi", value)
