"""What is assumed about the cost to serve a token: compute.toml, and the user's own over it."""

import os
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from ccmeter.errors import UsageError
from ccmeter.pricing.fields import suggestion
from ccmeter.pricing.own_scenarios import with_own
from ccmeter.pricing.scenario import (
    SCENARIOS,
    Assumption,
    Assumptions,
    Proxy,
    Reference,
    Scaled,
    Scenario,
)
from ccmeter.pricing.scenario_tables import BLANK, changed

_BUNDLED = os.path.join(os.path.dirname(__file__), "compute.toml")
_Table = Mapping[str, Any]


def load_assumptions(overrides: Mapping[str, Any] | None = None) -> Assumptions:
    """Return the bundled assumptions with `overrides`, the [compute] table of config.toml.

        [compute]                    # for every scenario
        ratio = 0.1                  # serving costs a tenth of list, whatever else is assumed
        [compute.sizes]
        fable = 3                    # times Opus

        [compute.mid]                # for one scenario: low, mid or high
        sonnet = "glm-5-2-deepinfra" # another proxy of compute.toml
        [compute.mid.opus]           # single rates, in USD per million tokens
        cache_read_mtok = 0.05
        [compute.mid.factors]        # fast (a factor or "list"), us_geo, batch,
        batch = 1                    # cache_storage_usd_per_mtok_hour, web_search_usd_per_1000
        [compute.mid.fallback]       # shares of the base input price, for models without a proxy
        output = 0.5

        [compute.mine]               # a scenario of your own, which starts as another one
        base = "high"
        [compute.mine.opus]
        output_mtok = 9

    Every key may stand for all scenarios or for one; what is said of one goes before. `ratio`
    replaces everything else in its table. A cache write costs what input costs unless
    `cache_write_mtok` is set. The list rate stays the ceiling.

    Raises:
        CcmeterError: An override is wrong; the message names the key and what to write.
    """
    return _bundled() if overrides is None else with_own(_bundled(), overrides)


def scenario_named(assumptions: Assumptions, name: str) -> Scenario:
    """Return the scenario; UsageError when there is none of that name."""
    if name in assumptions.scenarios:
        return assumptions.scenarios[name]
    raise UsageError(
        f"there is no scenario {name!r}: {suggestion(name, tuple(assumptions.scenarios))}"
    )


@cache
def _bundled() -> Assumptions:
    with open(_BUNDLED, encoding="utf-8") as file:
        raw = tomllib.loads(file.read(), parse_float=Decimal)
    texts, named, references = raw["sources"], raw["assumptions"], raw["references"]
    proxies = {id: _proxy(id, about, texts) for id, about in raw["proxies"].items()}
    estimate = named["A3"]["estimate_usd_per_mtok_hour"]
    return Assumptions(
        scenarios={
            name: changed(BLANK._replace(name=name), raw["scenarios"][name], name, proxies)
            for name in SCENARIOS
        },
        scaled={name: Scaled(**about) for name, about in raw["scaled"].items()},
        named={id: _assumption(id, about, texts) for id, about in named.items()},
        proxies=proxies,
        flat=_reference(references["flat"], texts),
        margin=_reference(references["margin"], texts),
        storage_estimate={name: Decimal(value) for name, value in estimate.items()},
        checked=raw["checked"].isoformat(),
    )


def _proxy(id: str, about: _Table, texts: Mapping[str, str]) -> Proxy:
    return Proxy(
        id=id,
        model=about["model"],
        provider=about["provider"],
        params=about.get("params"),
        input=Decimal(about["input_mtok"]),
        output=Decimal(about["output_mtok"]),
        cache_read=_maybe(about.get("cache_read_mtok")),
        assumed_cache_read=_maybe(about.get("assumed_cache_read_mtok")),
        as_of=about["as_of"],
        sources=_sources(about, texts),
        note=about.get("note"),
        elsewhere=about.get("elsewhere", False),
    )


def _maybe(value: Decimal | int | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _assumption(id: str, about: _Table, texts: Mapping[str, str]) -> Assumption:
    return Assumption(id, about["name"], about["what"], _sources(about, texts))


def _reference(about: _Table, texts: Mapping[str, str]) -> Reference:
    return Reference(about["low"], about["high"], about["what"], _sources(about, texts))


def _sources(about: _Table, texts: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(texts[key] for key in about["sources"])
