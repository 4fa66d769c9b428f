"""Which model and which client a session of the corpus uses, by its place in time."""

from datetime import UTC, date, datetime
from random import Random

from corpus_lines import CLIENTS, Client

END = datetime(2026, 11, 23, 18, tzinfo=UTC)
GATEWAYS = (b"glm-5.1", b"MiniMax-M2.7")

# Ordered by start: the last one that has begun is the newest of its family.
_FAMILIES = {
    "opus": (
        (date(2026, 2, 5), b"claude-opus-4-6"),
        (date(2026, 4, 16), b"claude-opus-4-7"),
        (date(2026, 5, 28), b"claude-opus-4-8"),
        (date(2026, 7, 24), b"claude-opus-5"),
        (date(2026, 9, 23), b"claude-opus-5-5"),
    ),
    "sonnet": (
        (date(2026, 2, 17), b"claude-sonnet-4-6"),
        (date(2026, 6, 30), b"claude-sonnet-5"),
        (date(2026, 9, 28), b"claude-sonnet-5-5"),
    ),
    "haiku": (
        (date(2025, 10, 15), b"claude-haiku-4-5-20251001"),
        (date(2026, 10, 7), b"claude-haiku-5-5"),
    ),
    "fable": (
        (date(2026, 6, 9), b"claude-fable-5"),
        (date(2026, 9, 1), b"claude-fable-5-1"),
        (date(2026, 11, 9), b"claude-fable-5-2"),
    ),
}


def main_model(index: int, day: date, rng: Random) -> bytes:
    """Return a gateway's model for one session in forty, else a Claude model of the day."""
    if index % 40 == 3:
        return GATEWAYS[index // 40 % 2]
    return _newest(rng.choices(("opus", "sonnet", "fable"), weights=(7, 2, 1))[0], day)


def agent_model(day: date, rng: Random) -> bytes:
    return _newest(rng.choices(("haiku", "sonnet", "opus"), weights=(3, 2, 1))[0], day)


def client_at(quantile: float, rng: Random) -> Client:
    """Return a client for a place in the corpus (0..1): newer later, but some are pinned."""
    place = int((quantile + rng.uniform(-0.2, 0.2)) * len(CLIENTS))
    return CLIENTS[min(max(place, 0), len(CLIENTS) - 1)]


def _newest(family: str, day: date) -> bytes:
    models = _FAMILIES[family]
    begun = [model for start, model in models if start <= day]
    return begun[-1] if begun else models[0][1]
