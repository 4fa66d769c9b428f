"""What came on standard input, or out of the database: numbers and words of it, or nothing.

Nothing in here raises, whatever was sent: an old client leaves fields out, a new one changes them.
"""

import os

MOST = 4 << 20  # bytes of standard input; the client sends about 2000

Json = dict[str, object]


def read_all(descriptor: int) -> bytes:
    """Return what can be read from the descriptor, at most MOST bytes; nothing of a terminal."""
    chunks = []
    left = MOST
    try:
        while left > 0 and not os.isatty(descriptor):
            chunk = os.read(descriptor, min(left, 1 << 16))
            if not chunk:
                break
            chunks.append(chunk)
            left -= len(chunk)
    except OSError:
        pass  # closed, or nothing to be read from: what is there will do
    return b"".join(chunks)


def decode(data: "bytes | str") -> Json:
    """Return the JSON object, {} where it is none."""
    text = data if isinstance(data, str) else data.decode("utf-8", "replace")
    try:
        found = _loads(text.strip())
    except (ValueError, StopIteration, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


class _Lenient:
    """What the scanner of the json module wants to know from its decoder."""

    strict = False
    object_hook = object_pairs_hook = None
    parse_float, parse_int = float, int
    parse_constant = float  # NaN and Infinity: no number for us


def _loads(text: str) -> object:
    """What json.loads returns. Importing json takes as long as all else here; its core does not.

    That core is private to Python: whatever is not as it was here is left to json.
    """
    try:
        from _json import make_scanner

        found: object = make_scanner(_Lenient)(text, 0)[0]  # type: ignore[arg-type]
    except (ImportError, AttributeError, TypeError, SystemError):  # the last: bad JSON, in 3.11
        import json

        return json.loads(text)
    return found


def member(data: object, *keys: str) -> object:
    """Return what stands below the keys, None where nothing does."""
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def number(data: object, *keys: str) -> "float | None":
    """Return the number below the keys; None for none, and for one that is not of this world."""
    found = member(data, *keys)
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        return None
    return found if -1e15 < found < 1e15 else None


def is_price_made_up(given: Json) -> bool:
    """Whether the client has no other name for the model than its id: then it made up a price."""
    name = word(given, "model", "display_name")
    return bool(name) and name == word(given, "model", "id")


def word(data: object, *keys: str) -> str:
    """Return the text below the keys, without what could move the cursor; "" for none."""
    found = member(data, *keys)
    if not isinstance(found, str):
        return ""
    return "".join(char for char in found[:100] if char.isprintable()).strip()
