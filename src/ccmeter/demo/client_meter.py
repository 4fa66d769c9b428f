"""Third step of the demo: the client's own cost meter, which also sees calls without a line."""

from collections.abc import Mapping
from decimal import Decimal

from ccmeter.model import Usage

# The client's price table as of November 2026, USD per million tokens in the order of Usage.
# It is not ccmeter's: the demo must stand when ccmeter's own book changes.
_OPUS = ("4", "20", "0.2", "5", "8")
_CLIENT_PRICES: Mapping[str, tuple[str, str, str, str, str]] = {
    "claude-opus-5-5": _OPUS,
    "claude-sonnet-5-5": ("2", "10", "0.1", "2.5", "4"),
    "claude-haiku-5-5": ("0.1", "0.5", "0.01", "0.125", "0.2"),  # up to 100,000 prompt tokens
    "claude-fable-5-2": ("8", "40", "0.2", "10", "16"),
}
_MTOK = 1_000_000
_SEARCH_USD = Decimal("0.01")


def add(one: Usage, other: Usage) -> Usage:
    """Return the sum of two usages, field by field."""
    return Usage(*(a + b for a, b in zip(one, other, strict=True)))


def client_cost(model: str, usage: Usage) -> Decimal:
    """Return the client's list price in USD; models it does not know cost as much as Opus."""
    prices = _CLIENT_PRICES.get(model, _OPUS)
    tokens = sum((n * Decimal(p) for n, p in zip(usage[:5], prices, strict=True)), Decimal())
    return tokens / _MTOK + usage.web_searches * _SEARCH_USD


class ClientMeter:
    """Running totals of one session, its subagents and its hidden calls, by model."""

    def __init__(self, start_ms: int) -> None:
        self.start_ms = start_ms
        self._by_model: dict[str, Usage] = {}

    def count(self, model: str, usage: Usage) -> None:
        """Add one call."""
        self._by_model[model] = add(self._by_model.get(model, Usage()), usage)

    def fork(self) -> "ClientMeter":
        """Return a meter that goes on from this one, as --fork-session does."""
        copy = ClientMeter(self.start_ms)
        copy._by_model = dict(self._by_model)
        return copy

    def cost_state(self, now_ms: int) -> dict[str, object]:
        """Return the fields of the cost-state line."""
        used = {model: _model_usage(model, usage) for model, usage in self._by_model.items()}
        cost = sum((client_cost(m, u) for m, u in self._by_model.items()), Decimal())
        return {
            "totalCostUSD": float(cost),
            "totalAPIDuration": (now_ms - self.start_ms) // 3,
            "totalDuration": now_ms - self.start_ms,
            "startTime": self.start_ms,
            "modelUsage": used,
            "hasUnknownModelCost": not _CLIENT_PRICES.keys() >= used.keys(),
        }


def _model_usage(model: str, usage: Usage) -> dict[str, object]:
    return {
        "inputTokens": usage.input_tokens,
        "outputTokens": usage.output_tokens,
        "thinkingTokens": usage.output_tokens // 3,
        "cacheReadInputTokens": usage.cache_read_tokens,
        "cacheCreationInputTokens": usage.cache_write_5m_tokens + usage.cache_write_1h_tokens,
        "cacheCreationEphemeral5mInputTokens": usage.cache_write_5m_tokens,
        "cacheCreationEphemeral1hInputTokens": usage.cache_write_1h_tokens,
        "webSearchRequests": usage.web_searches,
        "costUSD": float(client_cost(model, usage)),
    }
