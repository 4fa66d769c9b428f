"""Every number that a judgement or an alert depends on, named in one place and overridable."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from ccmeter.errors import CcmeterError


class Limits(NamedTuple):
    """The thresholds. Tokens are integers, money is USD, times are milliseconds."""

    # what is a rebuild; the first two are the client's own
    hit_share: float = 0.95  # of what was expected
    miss_tokens: int = 2_000
    material_tokens: int = 10_000
    material_share: float = 0.5  # reuse is bimodal: almost nothing lies between 0.4 and 0.9
    lifetime_5m_ms: int = 300_000
    lifetime_1h_ms: int = 3_600_000
    lifetime_slack_ms: int = 15_000
    rewound_share: float = 0.7  # of the previous prompt
    retry_ms: int = 5_000

    # one rebuild, R1
    notice_usd: Decimal = Decimal("0.25")
    notice_tokens: int = 100_000
    warning_usd: Decimal = Decimal(1)
    warning_tokens: int = 200_000
    grey_from_ms: int = 60_000  # in the 5-minute tier entries vanish before their time
    grey_tokens: int = 100_000
    grey_occasions: int = 2

    # pinned, R2 and R2b
    pinned_count: int = 3
    pinned_tokens: int = 64
    pinned_share: float = 0.005
    pinned_write_share: float = 0.5

    # resumes, R3
    resumes_seen: int = 3
    resumes_bad: int = 2

    # lifetime, R4
    tier_writes: int = 3
    tier_write_tokens: int = 1_000

    # cluster, R5
    cluster_count: int = 3
    cluster_ms: int = 3_600_000

    # low hit ratio, R6
    low_hit_share: float = 0.80
    low_hit_requests: int = 20
    low_hit_prompt_tokens: int = 500_000

    # uncached tail, R7
    tail_tokens: int = 10_000
    tail_share: float = 0.2
    tail_count: int = 3

    # the session, R1W and R1A
    inflation_warning: Decimal = Decimal("1.25")
    inflation_alarm: Decimal = Decimal("1.5")
    inflation_requests: int = 20  # a ratio over fewer says little; measured on such sessions
    inflation_usd: Decimal = Decimal(1)
    inflation_tokens: int = 200_000

    # client versions, R8
    version_alarm_suspects: int = 5
    version_alarm_sessions: int = 3
    version_alarm_factor: float = 2.0
    version_bootstrap_factor: float = 1.5
    version_watch_suspects: int = 3
    version_watch_sessions: int = 2
    version_requests: int = 100  # fewer: not enough data
    version_base_floor: float = 0.003
    version_base_requests: int = 300  # fewer on the other versions: the built-in base
    version_prior_new: float = 0.005  # 2.1.200 and later
    version_prior_old: float = 0.009
    bootstrap_resamples: int = 1_000  # for an alarm
    display_resamples: int = 400  # for an interval that is only shown
    bootstrap_blocks: int = 100  # more sessions are pooled into so many blocks

    # size of a cold start, R9
    cold_start_share: float = 0.25
    cold_start_tokens: int = 10_000
    cold_start_sessions: int = 5

    # lines that tell of one request, R10: more is told
    lines_per_request: float = 1.0

    # advice
    advice_idle_usd: Decimal = Decimal(1)
    advice_idle_tokens: int = 200_000
    advice_compactions: int = 3
    advice_switches: int = 3
    advice_switches_ms: int = 3_600_000


LIMITS = Limits()


def override(values: Mapping[str, object], limits: Limits = LIMITS) -> tuple[Limits, list[str]]:
    """Return the limits with some of them set, and what is wrong with the rest, one line each.

    Values may be text or numbers; each is read as the type of the limit it replaces.
    """
    good: dict[str, Any] = {}
    problems = []
    for name, value in values.items():
        if name not in Limits._fields:
            problems.append(f"{name}: no such threshold")
            continue
        read = _read(value, type(getattr(limits, name)))
        if read is None:
            problems.append(f"{name}: {value!r} is not a number that fits")
        else:
            good[name] = read
    return limits._replace(**good), problems


def read_limits(values: Mapping[str, object]) -> Limits:
    """Return the limits with those of config.toml's [audit] table over them.

    CcmeterError names the threshold that is wrong.
    """
    if not values:
        return LIMITS
    limits, problems = override(values)
    if problems:
        raise CcmeterError(f"config.toml, [audit] {problems[0]}. Correct it or leave it out.")
    return limits


def _read(
    value: object, kind: type[int] | type[float] | type[Decimal]
) -> int | float | Decimal | None:
    """A finite, non-negative number of the kind, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    if not number.is_finite() or number < 0 or (kind is int and number != int(number)):
        return None
    return kind(number)
