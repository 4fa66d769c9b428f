"""What the line can say: each part in several forms, the longest first.

A form is a list of (style, text); a part with nothing to say has no form.
"""

import os

from ccmeter.statusline.given import Json, is_price_made_up, member, number, word
from ccmeter.statusline.words import clock, dollars, percent, tokens

# types, as strings would do: typing takes longer to load than the line to make
Piece = tuple[str, str]
Form = list[Piece]
Part = list[Form]

QUIET, PLAIN, GOOD, WARN, BAD = "quiet", "plain", "good", "warn", "bad"
TROUBLES: "dict[str, Part]" = {  # that keep ccmeter from storing anything; always shown
    "full": [[(BAD, "ccmeter: disk full")], [(BAD, "!disk full")]],
    "unwritable": [[(BAD, "ccmeter: folder unwritable")], [(BAD, "!unwritable")]],
}
WINDOWS = (("five_hour", "5h"), ("seven_day", "7d"), ("spend_limit", "spend"))


class Facts:
    """All that is known when the line is made."""

    def __init__(self, given: Json, session: Json, today: Json, now_s: float) -> None:
        self.given = given  # standard input
        self.session = session  # ready values of the session
        self.today = today  # and of the day
        self.now_s = now_s


def parts(facts: Facts, layout: list[str]) -> list[tuple[str, Part]]:
    """Return the parts of a layout that have something to say, with their names."""
    found: list[tuple[str, Part]] = []
    for name in layout:
        if name == "limits":
            found += [(window, limit(facts, window, label)) for window, label in WINDOWS]
        else:
            found.append((name, _MAKERS[name](facts)))
    return [(name, part) for name, part in found if part]


def model(facts: Facts) -> Part:
    """The model's name, as the client shows it."""
    name = word(facts.given, "model", "display_name") or word(facts.given, "model", "id")
    short = name.partition(" (")[0]  # Opus 4.8 (1M context)
    return [[(PLAIN, name)], [(PLAIN, short)]] if name else []


def context(facts: Facts) -> Part:
    """How much of the context window is used."""
    used = number(facts.given, "context_window", "used_percentage")
    if used is None or not 0 <= used <= 1000:
        return []
    share = (_heat(used, 70, 90), percent(used))
    return [[(QUIET, "context "), share], [(QUIET, "ctx "), share]]


def cost(facts: Facts) -> Part:
    """The list cost of the session: from its transcript, else what the client knows of it."""
    amount = number(facts.session, "list_usd")
    if amount is None:
        amount = _told(facts)
    if amount is None or amount < 0:
        return []
    price, (long, short) = (PLAIN, dollars(amount)), _unpriced(facts.session)
    return [[(QUIET, "session "), price, *long], [price, *short]]


def _told(facts: Facts) -> "float | None":
    """What the client metered, where it can be the session's own.

    A fork starts with its parent's cost, and has no transcript before its first prompt; a session
    that was resumed, or has just begun, may start with none.
    """
    if is_price_made_up(facts.given) or member(facts.session, "forked") is True:
        return None
    path = member(facts.given, "transcript_path")
    if isinstance(path, str) and not os.path.exists(path):
        return None
    return number(facts.given, "cost", "total_cost_usd") or None


def today(facts: Facts) -> Part:
    """The list cost of the local day, of all sessions."""
    amount, until = number(facts.today, "list_usd"), number(facts.today, "until_ms")
    if amount is None or amount < 0 or until is None or until <= facts.now_s * 1000:
        return []
    price: Form = [(QUIET, "today "), (PLAIN, dollars(amount))]
    return [[*price, *mark] for mark in dict.fromkeys(map(tuple, _unpriced(facts.today)))]


def _unpriced(value: Json) -> "tuple[Form, Form]":
    """What marks dollars that leave a part out, because it has no price: at length, and short."""
    if member(value, "unpriced") is not True:
        return [], []
    return [(WARN, " + unpriced")], [(WARN, "+?")]


def limit(facts: Facts, window: str, label: str) -> Part:
    """The official percentage of a limit of the plan, and when it starts again."""
    where = member(facts.given, "rate_limits", window)
    used, resets = number(where, "used_percentage"), number(where, "resets_at")
    if used is None or not 0 <= used <= 10_000 or (resets is not None and resets <= facts.now_s):
        return []
    short: Form = [(QUIET, label + " "), (_heat(used, 75, 90), percent(used))]
    when = clock(resets, facts.now_s) if resets is not None else ""
    if not when:
        return [short]
    return [[*short, (QUIET, f" resets {when}")], [*short, (QUIET, f" →{when}")], short]


def cache(facts: Facts) -> Part:
    """Whether the prompt cache is warm, until when, how well it did, and rebuilds."""
    state = _cache_state(facts)
    if state is None:
        return []
    until, ratio, rebuilds, at_stake = state
    again: Form = [(WARN, f" ↻{rebuilds}")] if rebuilds else []
    if until <= facts.now_s:
        cold: Form = [(QUIET, "cache "), (WARN, "cold")]
        loss: Form = [(QUIET, f", {tokens(at_stake)} tokens to write again")] if at_stake else []
        return [[*cold, *loss, *again], [*cold, *again], [*cold]]
    hits: Form = [(QUIET, "cache "), (GOOD, "warm" if ratio is None else percent(100 * ratio))]
    when = clock(until, facts.now_s)
    spelled: Form = [(WARN, f", {rebuilds} rebuild{'s' * (rebuilds > 1)}")] if rebuilds else []
    return [
        [*hits, (QUIET, f" until {when}"), *spelled],
        [*hits, (QUIET, f" →{when}"), *again],
        [*hits, *again],
    ]


def _cache_state(facts: Facts) -> "tuple[float, float | None, int, float] | None":
    """When it gets cold, its hit ratio, rebuilds, tokens to write if cold; None if unknown."""
    told = member(facts.given, "prompt_cache")
    until, ratio = number(told, "expires_at"), number(told, "hit_ratio")
    rebuilds = number(facts.session, "rebuilds")
    if until is None:
        until_ms, ratio = number(facts.session, "warm_until_ms"), number(facts.session, "hit_ratio")
        until = until_ms / 1000 if until_ms is not None else None
    if until is None:
        return None
    if (number(told, "requests") or 2) < 2 or ratio is None or not 0 <= ratio <= 1:
        ratio = None  # one request reads nothing yet
    if rebuilds is None:
        rebuilds = number(told, "misses")
    stake = number(told, "recache_tokens_if_cold")
    return until, ratio, max(0, int(rebuilds or 0)), max(0, stake or 0)


def alarm(facts: Facts) -> Part:
    """The rule that is alarmed in this session, and what tells more."""
    rule = word(facts.session, "alarm")[:8]
    if not rule:
        return []
    short: Form = [(BAD, f"alarm {rule}")]
    return [[*short, (QUIET, " /ccmeter:audit")], short, [(BAD, f"!{rule}")]]


def _heat(share: float, warn: float, bad: float) -> str:
    if share >= bad:
        return BAD
    return WARN if share >= warn else PLAIN


_MAKERS = {
    "model": model,
    "context": context,
    "cost": cost,
    "today": today,
    "cache": cache,
    "alarm": alarm,
}
