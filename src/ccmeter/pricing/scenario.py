"""What an assumption about the cost to serve is: immutable records. Money is Decimal USD."""

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

SCENARIOS = ("low", "mid", "high")


class Proxy(NamedTuple):
    """An open-weight model at one host, and what the host asks per million tokens."""

    id: str
    model: str
    provider: str
    params: str | None  # total / active
    input: Decimal
    output: Decimal
    cache_read: Decimal | None  # None: the host bills reads as input
    assumed_cache_read: Decimal | None  # stands in for it where a scenario needs one (A1)
    as_of: str  # as the source dates it: a month, a day, a range
    sources: tuple[str, ...]
    note: str | None
    elsewhere: bool  # sold at this price today: shown as an alternative


class Work(NamedTuple):
    """The cost of the work on a million tokens; in a fallback, its share of the input price."""

    input: Decimal
    output: Decimal
    cache_read: Decimal
    cache_write: Decimal | None = None  # None: prefill, what input costs (A10)


class Basis(NamedTuple):
    """Where the rates of one model class come from in one scenario."""

    work: Work
    proxy: Proxy
    own: tuple[str, ...] = ()  # the rates that the user set, instead of the proxy's


class Factors(NamedTuple):
    """What changes the work, and what is not counted in tokens."""

    fast: Decimal | None  # None: as much as fast mode is dearer at list
    us_geo: Decimal
    batch: Decimal
    cache_storage_usd_per_mtok_hour: Decimal
    web_search_usd_per_1000: Decimal


class Scenario(NamedTuple):
    """One set of assumptions. With a `ratio` the cost is that share of list, and nothing else."""

    name: str
    classes: Mapping[str, Basis]
    sizes: Mapping[str, Decimal]  # of the classes in Assumptions.scaled
    fallback: Work
    factors: Factors
    ratio: Decimal | None = None


class Scaled(NamedTuple):
    """A model class without a proxy: a multiple of another class."""

    base: str
    why: str


class Assumption(NamedTuple):
    """A named assumption, for people. Its values stand in the scenarios."""

    id: str
    name: str
    what: str
    sources: tuple[str, ...]


class Reference(NamedTuple):
    """Shares of list price to compare with; no scenario."""

    low: Decimal
    high: Decimal
    what: str
    sources: tuple[str, ...]


class Assumptions(NamedTuple):
    """Everything that is assumed. `scenarios` holds low, mid, high, then the user's own."""

    scenarios: Mapping[str, Scenario]
    scaled: Mapping[str, Scaled]
    named: Mapping[str, Assumption]
    proxies: Mapping[str, Proxy]
    flat: Reference
    margin: Reference
    storage_estimate: Mapping[str, Decimal]  # A3 by scenario, USD per MTok-hour; not applied
    checked: str
    own: tuple[str, ...] = ()  # keys of config.toml that changed something
