"""Model names: from any written form to the canonical id. Pure, without the price book."""

import re
from functools import lru_cache

_CLAUDE = "claude-"
_ROUTE = re.compile(
    r"(?:arn:aws[a-z-]*:bedrock:[^/]*/"  # inference profiles and foundation models
    r"|(?:[a-z0-9._/-]*/)?publishers/anthropic/models/"  # Vertex resource names
    r"|(?:bedrock|vertex_ai|openrouter)/"  # routes of LiteLLM
    r"|(?:us-gov|us|eu|apac|jp|au|global|regional)\."  # Bedrock regions
    r"|anthropic[./])+"
)
_ADDITION = re.compile(
    r"(?:\[\d+m\]"  # context window: not a price
    r"|-v\d+(?::\d+k?)*"  # Bedrock version, and its context size
    r"|[@-]\d{8}|[@-]latest|@default"
    r"|-thinking|-fast)+$"
)
_ALIASES = {
    "claude-opus-4-0": "claude-opus-4",
    "claude-4-opus": "claude-opus-4",
    "claude-sonnet-4-0": "claude-sonnet-4",
    "claude-4-sonnet": "claude-sonnet-4",
}


@lru_cache(maxsize=4096)
def canonical(model: str) -> str:
    """Return the canonical id of a Claude model; every other name exactly as written.

    Only names that are Claude's once the route is taken off are normalised: routes and regions,
    dates, context window, version, `-thinking`, `-fast` go, letters become small, dots dashes.
    The result is to be matched exactly, never by its beginning: claude-fable-5-1 is another
    model than claude-fable-5. Gateway names (glm-5.1, qwen3:cloud) may mean anything, so no rule
    touches them. Snapshots of one model share its id; they have always shared its price.
    """
    parts = _split(model)
    if parts is None:
        return model
    name = parts[0].replace(".", "-")
    return _ALIASES.get(name, name)


def is_claude(name: str) -> bool:
    """Whether a canonical id is a Claude model's, known or not."""
    return name.startswith(_CLAUDE)


@lru_cache(maxsize=4096)
def named_fast(model: str) -> bool:
    """Whether the written form itself asks for fast mode, such as claude-opus-4-6-fast."""
    parts = _split(model)
    return parts is not None and "-fast" in parts[1]


def _split(model: str) -> tuple[str, str] | None:
    """Return the name and what was added to it, or None when it is not Claude's."""
    text = model.strip().lower()
    route = _ROUTE.match(text)
    name = text[route.end() :] if route else text
    if not name.startswith(_CLAUDE):
        return None
    addition = _ADDITION.search(name)
    cut = addition.start() if addition else len(name)
    # "claude-v1" and "claude-v2" were two models: a cut must leave a name behind
    return (name[:cut], name[cut:]) if cut > len(_CLAUDE) else (name, "")
