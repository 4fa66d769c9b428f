"""Client versions: how they compare, and what was published about some of them."""

NEWER = (2, 1, 200)  # versions from here on rebuild less

_KNOWN = (
    ((2, 1, 69), (2, 1, 90), "2.1.69 to 2.1.90 lost the cache on resume"),
    ((0,), (2, 1, 90), "standalone builds up to 2.1.90 could lose the cache of a whole session"),
    ((2, 1, 85), (2, 1, 101), "2.1.85 to 2.1.101 lost it on every turn after an idle hour"),
    ((0,), (2, 1, 234), "before 2.1.235 an LSP plugin that came or went changed the tools"),
)


def order(version: str) -> tuple[int, ...]:
    """Return the version as numbers to compare; () when it is none."""
    parts = version.split("-")[0].split(".")
    return tuple(int(part) for part in parts) if all(p.isdecimal() for p in parts) else ()


def known_fault(version: str) -> str:
    """Return what was published about the version, or "": a hint beside what was measured."""
    number = order(version)
    return "; ".join(text for first, last, text in _KNOWN if first <= number <= last)
