"""Whether one request's messages begin with those of another, from what each of them added."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.cache.messages import Chained, is_rewritten, unknown


def tail(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(6, "big") for number in numbers)


CHAIN = {
    1: Chained(None, 0, tail(11, 12)),
    2: Chained(1, 2, tail(13, 14)),
    3: Chained(2, 4, tail(15)),
    4: Chained(2, 3, tail(16)),  # the last message of 2 is gone
    5: Chained(None, 0, tail(11, 12, 13, 14, 15, 17)),  # a new process
    6: Chained(None, 0, tail(11, 99, 13, 14)),
    7: Chained(77, 2, tail(15)),
    8: Chained(4, 1, tail(18)),  # keeps a part of what its base had kept
    9: Chained(9, 1, tail(19)),
}


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        (1, 2, False),
        (2, 3, False),
        (1, 3, False),
        (2, 2, False),
        (2, 4, True),
        (1, 4, False),
        (3, 5, False),
        (2, 6, True),
        (3, 2, True),  # cut back
        (1, 8, True),
        (2, 7, None),
        (7, 2, None),
        (1, 77, None),
        (1, 9, None),
    ],
)
def test_messages_are_rewritten_when_they_no_longer_begin_the_same(
    before: int, after: int, wanted: bool | None
) -> None:
    assert is_rewritten(before, after, CHAIN.get) is wanted


def test_without_fingerprints_nothing_is_known() -> None:
    assert unknown(1, 2) is None


def test_whoever_takes_over_everything_rewrites_nothing_whatever_came_before() -> None:
    """The beginning of the chain is missing: it is needed only where something was cut."""
    chain = {7: CHAIN[7], 10: Chained(7, 3, tail(16)), 11: Chained(7, 2, tail(17))}

    assert is_rewritten(7, 10, chain.get) is False
    assert is_rewritten(7, 11, chain.get) is None


def messages(chain: dict[int, Chained], request: int) -> bytes:
    """All messages of a request, as plainly as can be."""
    base, keep, own = chain[request]
    return own if base is None else messages(chain, base)[: 6 * keep] + own


links = st.tuples(st.integers(0, 5), st.integers(0, 6), st.lists(st.integers(1, 2), max_size=3))


@given(st.lists(links, min_size=1, max_size=6), st.integers(0, 5), st.integers(0, 5))
def test_it_is_what_comparing_all_messages_says(
    found: list[tuple[int, int, list[int]]], before: int, after: int
) -> None:
    chain: dict[int, Chained] = {}
    for number, (base, keep, own) in enumerate(found):
        there = len(messages(chain, base)) // 6 if base in chain else 0
        chain[number] = Chained(base if base in chain else None, min(keep, there), tail(*own))
    before, after = before % len(chain), after % len(chain)

    wanted = not messages(chain, after).startswith(messages(chain, before))
    assert is_rewritten(before, after, chain.get) is wanted
