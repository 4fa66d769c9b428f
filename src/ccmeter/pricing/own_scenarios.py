"""The [compute] table of config.toml, laid over the bundled assumptions."""

from collections.abc import Iterator, Mapping
from typing import Any

from ccmeter.errors import CcmeterError
from ccmeter.pricing.fields import only, suggestion, table
from ccmeter.pricing.scenario import SCENARIOS, Assumptions, Scenario
from ccmeter.pricing.scenario_tables import KEYS, changed

_PLACE = "config.toml: compute"


def with_own(bundled: Assumptions, raw: object) -> Assumptions:
    """Return the assumptions as the user's table changes them; `raw` is checked."""
    whole = table(raw, _PLACE)
    for_all = {key: value for key, value in whole.items() if key in KEYS}
    named = {key: _named(key, value) for key, value in whole.items() if key not in KEYS}
    scenarios = {
        name: _changed(old, for_all, _PLACE, bundled) for name, old in bundled.scenarios.items()
    }
    for name in sorted(named, key=lambda name: name not in SCENARIOS):  # theirs build on ours
        old = _base(scenarios, name, named[name])
        settings = {key: value for key, value in named[name].items() if key != "base"}
        scenarios[name] = _changed(old, settings, f"{_PLACE}.{name}", bundled)
    return bundled._replace(scenarios=scenarios, own=tuple(_leaves(whole, "compute")))


def _changed(old: Scenario, raw: Mapping[str, Any], place: str, all: Assumptions) -> Scenario:
    return changed(old, raw, place, all.proxies)


def _named(name: str, raw: object) -> Mapping[str, Any]:
    place = f"{_PLACE}.{name}"
    if not isinstance(raw, Mapping):
        raise CcmeterError(f"{place} means nothing: {suggestion(name, (*KEYS, *SCENARIOS))}")
    only(raw, place, KEYS if name in SCENARIOS else (*KEYS, "base"))
    return raw


def _base(scenarios: Mapping[str, Scenario], name: str, raw: Mapping[str, Any]) -> Scenario:
    """The scenario that the table changes: the one of its name, or a copy of its `base`."""
    if name in SCENARIOS:
        return scenarios[name]
    base = raw.get("base", "mid" if "ratio" in raw else None)
    if base not in SCENARIOS:
        raise CcmeterError(
            f'{_PLACE}.{name}.base is {base!r}: write base = "low", "mid" or "high" to make'
            f" {name} a scenario of your own that starts as that one"
        )
    return scenarios[base]._replace(name=name)


def _leaves(raw: Mapping[str, Any], place: str) -> Iterator[str]:
    for key, value in raw.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{place}.{key}")
        else:
            yield f"{place}.{key}"
