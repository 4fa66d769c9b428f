"""What the same tokens would cost elsewhere. Another model would have used other tokens."""

from decimal import Decimal
from typing import NamedTuple

from ccmeter.model import Usage
from ccmeter.pricing.price import Rates
from ccmeter.pricing.rate import cost_usd
from ccmeter.pricing.scenario import Assumptions, Proxy

_ZERO = Decimal()


class Host(NamedTuple):
    """The tokens at one open-weight model's host."""

    model: str
    provider: str
    usd: Decimal
    reads_as_input: bool  # the host has no price for cache reads
    proxy: Proxy


class Elsewhere(NamedTuple):
    """The tokens at the API, at a reseller and at other models' hosts. Money in USD."""

    api_usd: Decimal  # list price
    reseller_usd: Decimal  # what a reseller that pays list, such as an editor, would pay
    reseller_result_usd: Decimal | None  # if it sold them for the plan's price; None: unknown
    hosts: tuple[Host, ...]  # cheapest first


def elsewhere(
    assumptions: Assumptions, usage: Usage, list_usd: Decimal, price_usd: Decimal | None
) -> Elsewhere:
    """Return what the usage would cost elsewhere, at today's prices of the hosts.

    `usage` is that of the priced responses, so that all amounts are about the same tokens.
    Open-weight hosts bill a cache write as input, whatever its lifetime; web searches are left
    out, since hosts do not sell them.
    """
    hosts = [_host(proxy, usage) for proxy in assumptions.proxies.values() if proxy.elsewhere]
    return Elsewhere(
        list_usd,
        list_usd,
        None if price_usd is None else price_usd - list_usd,
        tuple(sorted(hosts, key=lambda host: (host.usd, host.proxy.id))),
    )


def _host(proxy: Proxy, usage: Usage) -> Host:
    read = proxy.input if proxy.cache_read is None else proxy.cache_read
    asked = Rates(proxy.input, proxy.output, read, proxy.input, proxy.input)
    return Host(
        proxy.model,
        proxy.provider,
        cost_usd(usage, asked, _ZERO),
        proxy.cache_read is None,
        proxy,
    )
