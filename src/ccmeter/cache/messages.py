"""Whether the messages of a request still begin with those of an earlier one. Hashes only."""

from collections.abc import Callable
from typing import NamedTuple

from ccmeter.store.hashing import HASH_BYTES

Rewritten = Callable[[int, int], bool | None]


class Chained(NamedTuple):
    """One fingerprint as it is stored: an extension of another one."""

    base: int | None
    keep: int  # messages taken over from the base
    tail: bytes  # HASH_BYTES of the hash of each message after these


Lookup = Callable[[int], Chained | None]


def unknown(_before: int, _after: int) -> bool | None:
    """Answer for threads without fingerprints."""
    return None


def is_rewritten(before: int, after: int, lookup: Lookup) -> bool | None:
    """Whether the messages of `before` are no beginning of those of `after`.

    None when a fingerprint is missing that would tell.
    """
    if _extends(after, before, lookup):
        return False
    old, new = _message_hashes(before, lookup), _message_hashes(after, lookup)
    return None if old is None or new is None else not new.startswith(old)


def _extends(request: int, earlier: int, lookup: Lookup) -> bool:
    """Whether it is said to take over all messages of the earlier one, as nearly all do."""
    found = lookup(earlier)
    if found is None:
        return False
    count = _kept(found) + len(found.tail)
    for _ in range(_LONGEST):
        if request == earlier:
            return True
        found = lookup(request)
        if found is None or found.base is None or _kept(found) < count:
            return False
        request = found.base
    return False


def _message_hashes(request: int, lookup: Lookup) -> bytes | None:
    """The hashes of all messages, joined: each fingerprint holds only what it added."""
    parts: list[bytes] = []
    wanted: int | None = None  # bytes of the current fingerprint that count; None: all
    current: int | None = request
    while current is not None and wanted != 0:
        found = lookup(current)
        if found is None or len(parts) > _LONGEST:
            return None
        kept = _kept(found)
        parts.append(_own_part(found.tail, kept, wanted))
        wanted = kept if wanted is None else min(wanted, kept)
        current = found.base
    return b"".join(reversed(parts))


_LONGEST = 100_000  # a chain that is longer runs in a circle


def _kept(found: Chained) -> int:
    """Bytes of the hashes of messages that come from the base."""
    return found.keep * HASH_BYTES if found.base is not None else 0


def _own_part(tail: bytes, kept: int, wanted: int | None) -> bytes:
    return tail if wanted is None else tail[: max(0, wanted - kept)]
