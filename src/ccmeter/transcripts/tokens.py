"""Tokens of one usage block: every token in one class, whatever is left out or no number."""

from typing import Any

from ccmeter.model import Usage

ABSURD = 1 << 53  # no number of a record is that large, and SQLite could not hold their sum
_MOST = 1 << 31  # no response has that many tokens; a time in milliseconds is more


def count(value: object) -> int:
    """A token count; whatever is not a count is no tokens."""
    return value if type(value) is int and 0 < value < _MOST else 0


def counted(usage: dict[str, Any]) -> Usage:
    """Tokens of a usage block; each cache write falls into exactly one lifetime."""
    get = usage.get
    flat, short, long = count(get("cache_creation_input_tokens")), 0, 0
    split = get("cache_creation")
    if type(split) is dict:
        short = count(split.get("ephemeral_5m_input_tokens"))
        long = count(split.get("ephemeral_1h_input_tokens"))
    if flat > short + long:  # what no lifetime is given for is billed as 5 minutes
        short = flat - long
    tools = get("server_tool_use")
    return Usage(
        count(get("input_tokens")),
        count(get("output_tokens")),
        count(get("cache_read_input_tokens")),
        short,
        long,
        count(tools.get("web_search_requests")) if type(tools) is dict else 0,
    )


def is_untyped(usage: dict[str, Any], tokens: Usage) -> bool:
    """Whether tokens of the block are writes for 5 minutes only because it gives no lifetime.

    Gateways leave it out. What is written so may have been billed, and may live, as an hour's.
    """
    short = tokens.cache_write_5m_tokens
    if not short:
        return False
    split = usage.get("cache_creation")
    return type(split) is not dict or count(split.get("ephemeral_5m_input_tokens")) != short
