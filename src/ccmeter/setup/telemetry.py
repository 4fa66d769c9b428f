"""The variables in `env` of a settings.json that make the client report its calls to ccmeter."""

from collections.abc import Mapping
from typing import Any

from ccmeter.otlp.settings import otlp_settings
from ccmeter.setup import jsonc
from ccmeter.setup.before import Before
from ccmeter.setup.client_settings import ClientSettings, edited

NAME, TEXT = "env", "env_text"
_INDENT = "  "


def with_telemetry(
    settings: ClientSettings, before: Before, port: int
) -> tuple[ClientSettings, Before]:
    """Return the settings with the variables, and what to remember of them.

    That is, by name, the value written and the text that stood there before (None: nothing), and
    the whole text of the variables.
    """
    wanted, present = otlp_settings(port), _variables(settings)
    text = jsonc.raw(settings.text, NAME) if present else None
    whole = before.get(TEXT) if "env" in before else text
    known: dict[str, Any] = dict(before.get("env") or {})
    for name, value in wanted.items():
        old = known[name]["before"] if name in known else text and jsonc.raw(text, name)
        known[name] = {"before": old, "wrote": value}
        text = text and jsonc.with_member(text, name, jsonc.dump(value, ""))
    if {**present, **wanted} != present:
        settings = edited(settings, NAME, text or jsonc.dump(wanted, _INDENT))
    return settings, {**before, "env": known, TEXT: whole}


def without_telemetry(settings: ClientSettings, before: Before) -> tuple[ClientSettings, Before]:
    """Return the settings with the variables as they were; what was changed since then stays."""
    present, text = _variables(settings), jsonc.raw(settings.text, NAME)
    for name, known in (before.get("env") or {}).items():
        if text is not None and present.get(name) == known["wrote"]:
            text = _put_back(text, name, known["before"])
    if text is not None and jsonc.load(text) != present:
        whole = before.get(TEXT)
        if whole and jsonc.load(whole) == jsonc.load(text):
            text = whole  # with its own line breaks
        settings = edited(settings, NAME, text if jsonc.load(text) else None)
    return settings, {key: value for key, value in before.items() if key not in ("env", TEXT)}


def _put_back(text: str, name: str, old: str | None) -> str:
    return jsonc.without_member(text, name) if old is None else jsonc.with_member(text, name, old)


def _variables(settings: ClientSettings) -> Mapping[str, Any]:
    found = settings.data.get(NAME)
    return found if isinstance(found, Mapping) else {}
