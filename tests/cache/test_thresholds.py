"""Thresholds are named in one place, and a user may set them."""

from decimal import Decimal

import pytest

from ccmeter.cache.thresholds import LIMITS, override


def test_the_published_numbers() -> None:
    assert (LIMITS.hit_share, LIMITS.miss_tokens) == (0.95, 2_000)
    assert (LIMITS.material_tokens, LIMITS.material_share) == (10_000, 0.5)
    assert (LIMITS.warning_usd, LIMITS.warning_tokens) == (1, 200_000)
    assert (LIMITS.inflation_warning, LIMITS.inflation_alarm) == (Decimal("1.25"), Decimal("1.5"))


def test_values_are_read_as_the_type_of_the_limit() -> None:
    limits, problems = override({"warning_usd": "2.50", "warning_tokens": 1e5, "hit_share": "0.9"})

    assert problems == []
    assert limits == LIMITS._replace(
        warning_usd=Decimal("2.50"), warning_tokens=100_000, hit_share=0.9
    )
    assert type(limits.warning_tokens) is int


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("warning_tokens", "many"),
        ("warning_tokens", 1.5),
        ("warning_tokens", -1),
        ("hit_share", "nan"),
        ("hit_share", True),
        ("warning_usd", None),
        ("warning_usd", float("inf")),
        ("no_such_limit", 1),
    ],
)
def test_what_does_not_fit_is_said_and_ignored(name: str, value: object) -> None:
    limits, problems = override({name: value, "cluster_count": 4})

    assert limits == LIMITS._replace(cluster_count=4)
    assert len(problems) == 1
    assert problems[0].startswith(name)
