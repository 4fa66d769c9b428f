"""Why a model costs what it costs to serve, as a table on a terminal or JSON."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rich.console import Console

from ccmeter.pricing.explain import Explanation, Serving
from ccmeter.pricing.price import Rates
from ccmeter.pricing.scenario import Assumptions
from ccmeter.render.column import Column
from ccmeter.render.lines import say
from ccmeter.render.numbers import SCHEMA, dump, money
from ccmeter.render.prices import origin
from ccmeter.render.table import print_table

_TITLES = ("input", "output", "cache read", "cache write 5m", "cache write 1h")
_SHORT = ("input", "output", "read", "w 5m", "w 1h")
_NARROW = 60  # columns; below, the titles are short


def print_explanation(
    console: Console, found: Explanation, day: str, data: Assumptions, fetched: str | None
) -> None:
    """Print list price and cost to serve by token class, then what each of them rests on.

    `fetched` is the day of the refresh that brought the list price, if one did.
    """
    say(console, f"{found.model} on {day}, USD per million tokens", "title")
    console.print()
    print_table(console, _table(found, _TITLES if console.width >= _NARROW else _SHORT))
    console.print()
    say(console, f"list: {origin(found.price, fetched)}", rest="  ")
    bases = [f"{serving.scenario}: {_origin(found, serving)}" for serving in found.servings]
    for basis in bases:
        say(console, basis, rest="  ")
    for name in sorted({name for basis in bases for name in _named(basis)}, key=_number):
        say(console, f"{name}: {data.named[name].what}", rest="  ")
    console.print()
    flat = f"{_percent(data.flat.low)} of list for everything"
    say(console, f"For reference: {flat}. {data.flat.what}", "quiet")
    margin = f"{_percent(data.margin.low)} to {_percent(data.margin.high)} of list"
    say(console, f"Against it: {margin}. {data.margin.what}", "quiet")


def _named(origin: str) -> list[str]:
    """The assumptions that a sentence ends a bracket with."""
    return re.findall(r"\b(A\d+)\)", origin)


def _number(name: str) -> int:
    return int(name[1:])


def _table(found: Explanation, titles: Sequence[str]) -> list[Column]:
    columns = [
        Column("class", titles),
        Column("list", [_amount(rate) for rate in found.list], right=True),
    ]
    for serving in found.servings:
        shares = [_percent(ratio) for ratio in serving.ratios]
        columns += [
            Column(serving.scenario, [_amount(rate) for rate in serving.rates], right=True),
            Column("of\nlist", shares, keep=1, right=True, styles="quiet"),
        ]
    return columns


def _origin(found: Explanation, serving: Serving) -> str:
    """What the rates of a scenario rest on, in a sentence with its source."""
    if serving.method == "ratio":
        return "your own share of list price"
    if serving.method == "fallback" or serving.proxy is None:
        return "a share of the base input price; no model of comparable size is known (A6)"
    proxy = serving.proxy
    size = f"{serving.size.normalize():f} x " if serving.method == "scaled" else ""
    why = f" ({found.compute_class} = {size}{found.base_class}, A2)" if size else ""
    params = f", {proxy.params} parameters" if proxy.params else ""
    capped = f"; at list price: {', '.join(serving.at_ceiling)} (A11)" if serving.at_ceiling else ""
    own = f"; set by you: {', '.join(serving.own)}" if serving.own else ""
    return (
        f"{proxy.model} at {proxy.provider}{params}, {proxy.as_of}{why}{capped}{own}."
        f" Source: {'; '.join(proxy.sources)}"
    )


def explanation_json(found: Explanation, day: str) -> str:
    """The same as one JSON document."""
    return dump(
        {
            "schema": SCHEMA,
            "model": found.model,
            "day": day,
            "compute_class": found.compute_class,
            "list": _rates(found.list),
            "list_sources": list(found.price.sources),
            "list_fetched": found.price.fetched,
            "scenarios": [_serving(serving) for serving in found.servings],
        }
    )


def _serving(serving: Serving) -> dict[str, Any]:
    proxy = serving.proxy
    return {
        "scenario": serving.scenario,
        "method": serving.method,
        "size": money(serving.size),
        "rates": _rates(serving.rates),
        "of_list": {
            name: None if ratio is None else money(ratio)
            for name, ratio in zip(Rates._fields, serving.ratios, strict=True)
        },
        "proxy": {"model": proxy.model, "provider": proxy.provider, "as_of": proxy.as_of}
        if proxy
        else None,
        "sources": list(proxy.sources) if proxy else [],
    }


def _rates(rates: Rates) -> dict[str, float]:
    return {f"{name}_mtok": money(rate) for name, rate in rates._asdict().items()}


def _amount(rate: Decimal) -> str:
    text = f"{rate.quantize(Decimal('0.0001')).normalize():f}"
    return text if "." in text and len(text.partition(".")[2]) >= 2 else f"{rate:.2f}"


def _percent(ratio: Decimal | None) -> str:
    return "-" if ratio is None else f"{100 * ratio:.1f}%"
