"""Making the line fit: shorter forms first, then fewer parts, the least important ones first."""

from ccmeter.statusline.parts import Form, Part

SEPARATOR = (" · ", "quiet")
OWN = "·→↻…"  # one column each, everywhere but where the user has said otherwise
# what gives way first stands first
IMPORTANCE = (
    "spend_limit",
    "today",
    "model",
    "cache",
    "seven_day",
    "cost",
    "context",
    "five_hour",
    "alarm",
    "trouble",
)
_COLOURS = {"quiet": "2", "good": "32", "warn": "33", "bad": "1;31"}


def fitted(parts: list[tuple[str, Part]], columns: int) -> list[Form]:
    """Return one form of each part that still fits into the columns; at least one is left."""
    levels = dict.fromkeys((name for name, _ in parts), 0)
    for change in _steps(parts):
        if _width(_chosen(parts, levels)) <= columns:
            break
        levels.update(change)
    for name in [name for name in IMPORTANCE if name in levels][:-1]:
        if _width(_chosen(parts, levels)) <= columns:
            break
        del levels[name]
    return _chosen(parts, levels)


def _steps(parts: list[tuple[str, Part]]) -> list[dict[str, int]]:
    """Ways to be shorter: first all by one form, so that they look alike, then one by one."""
    names = [name for name in IMPORTANCE if name in dict(parts)]
    deepest = max((len(part) for _, part in parts), default=0)
    together = dict.fromkeys(names, 1)
    return [together] + [{name: level} for level in range(2, deepest) for name in names]


def _chosen(parts: list[tuple[str, Part]], levels: dict[str, int]) -> list[Form]:
    return [part[min(levels[name], len(part) - 1)] for name, part in parts if name in levels]


def _width(forms: list[Form]) -> int:
    between = columns_of(SEPARATOR[0]) * max(0, len(forms) - 1)
    return between + sum(columns_of(text) for form in forms for _, text in form)


def line(forms: list[Form], columns: int, colours: bool) -> str:
    """Return the forms as one line, cut where even the last one does not fit."""
    pieces = [piece for form in forms for piece in [(SEPARATOR[1], SEPARATOR[0]), *form]][1:]
    if _width(forms) > columns:
        pieces = [("plain", cut("".join(text for _, text in pieces), columns))]
    if not colours:
        return "".join(text for _, text in pieces)
    return "".join(_coloured(style, text) for style, text in pieces)


def _coloured(style: str, text: str) -> str:
    code = _COLOURS.get(style)
    return f"\033[{code}m{text}\033[0m" if code else text


def cut(text: str, columns: int) -> str:
    """Return as much of the text as fits, with an ellipsis where something is missing."""
    if columns_of(text) <= columns:
        return text
    while text and columns_of(text) >= columns:
        text = text[:-1]
    return text + "…"


def columns_of(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(1 if char.isascii() or char in OWN else _columns_of_char(char) for char in text)


def _columns_of_char(char: str) -> int:
    from unicodedata import combining, east_asian_width  # only names of models may need it

    if combining(char):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1
