"""An alert is told once per session and rule, and again when its excess has doubled."""

from decimal import Decimal
from itertools import permutations

import pytest

from ccmeter.cache.alerts import Alert, Money, settle, tell


def raised(
    tokens: int, usd: Money = None, level: str = "notice", rule: str = "R1", at_ms: int = 0
) -> Alert:
    return Alert(rule, level, "s1", "", at_ms, "It broke.", "Mend it.", tokens, usd)


def told(*alerts: Alert) -> list[int]:
    """The tokens of the alerts that are told, the sum of their rule so far."""
    state, found = (), []
    for alert in alerts:
        state, news = tell(state, alert)
        found += [news.tokens] if news else []
    return found


def test_a_rule_is_told_again_when_its_tokens_have_doubled() -> None:
    assert told(*[raised(10)] * 9) == [10, 20, 40, 80]


def test_money_decides_where_it_is_known() -> None:
    costs = [Decimal(1), Decimal("0.9"), Decimal("0.1"), Decimal(1)]

    assert told(*(raised(10, usd) for usd in costs)) == [10, 30]


def test_an_unpriced_part_makes_the_sum_unknown_so_that_tokens_decide() -> None:
    assert told(raised(10, Decimal(1)), raised(10, None), raised(20, Decimal(1))) == [10, 20, 40]


def test_a_graver_level_is_always_told() -> None:
    assert told(raised(100), raised(1, level="alarm"), raised(1, level="notice")) == [100, 101]


def test_rules_and_what_has_no_size_are_told_once_each() -> None:
    assert told(*[raised(0, rule="R4")] * 3, raised(5, rule="R3"), raised(0, rule="R4")) == [0, 5]


def test_sums_are_not_added_up() -> None:
    sums = [raised(tokens)._replace(is_sum=True) for tokens in (100, 150, 199, 200)]

    assert told(*sums) == [100, 200]


@pytest.mark.parametrize(
    ("times", "ordinal"),
    [(2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (21, "21st"), (113, "113th")],
)
def test_it_says_how_often_it_has_happened(times: int, ordinal: str) -> None:
    state = ()
    for _ in range(times - 1):
        state, _ = tell(state, raised(1))
    _, news = tell(state, raised(1, level="alarm"))

    assert news is not None
    assert news.message == f"It broke. {ordinal} time in this session."


def test_the_order_in_which_threads_were_judged_does_not_matter() -> None:
    alerts = [raised(10, at_ms=3), raised(30, at_ms=1), raised(90, at_ms=2, rule="R5")]
    wanted = settle(alerts)

    assert [alert.time_ms for alert in wanted[1]] == [1, 2]
    assert all(settle(order) == wanted for order in permutations(alerts))


def test_what_was_told_before_is_remembered() -> None:
    state, first = settle([raised(10)])
    _, second = settle([raised(9)], state)
    _, third = settle([raised(10)], state)

    assert [len(first), len(second), len(third)] == [1, 0, 1]
