"""What a price is: immutable records of dated list prices.

Money is Decimal USD, days are UTC texts (YYYY-MM-DD) so that they compare as they stand.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple


class Rates(NamedTuple):
    """USD per million tokens, in the order of the first five fields of `model.Usage`."""

    input: Decimal
    output: Decimal
    cache_read: Decimal
    cache_write_5m: Decimal
    cache_write_1h: Decimal


class LongContext(NamedTuple):
    """Rates of the whole request, output too, once its prompt is over the threshold."""

    threshold_tokens: int
    rates: Rates


class Tariff(NamedTuple):
    """What one speed costs."""

    rates: Rates
    long_context: LongContext | None = None
    removed: str | None = None  # announced end of fast mode: shown, never applied


class Price(NamedTuple):
    """The price of one model from a day on, until its next price."""

    start: str
    standard: Tariff
    fast: Tariff | None  # None: the model had no fast mode
    sources: tuple[str, ...]
    checked: str | None = None  # None: the user's own price, or a fetched one
    note: str | None = None
    fetched: bool = False  # by `ccmeter prices refresh`, compared with nothing


class Model(NamedTuple):
    """A model and its prices, oldest first."""

    id: str
    family: str  # opus, sonnet, haiku, other
    compute_class: str  # proxy for the cost to serve: a family, fable, opus-legacy, ratio
    us_geo: bool  # whether inference in the US only costs more
    prices: tuple[Price, ...]
    retires: str | None = None  # last day of service, past or announced
    confidence: str | None = None  # low where the sources disagree or are few


class Rule(NamedTuple):
    """One number that holds for all models, with its sources."""

    value: Decimal
    sources: tuple[str, ...]
    checked: str


class Refreshed(NamedTuple):
    """What `ccmeter prices refresh` left in the data folder."""

    models: Mapping[str, Model] = {}  # of the source, those with a bundled price as well
    days: Mapping[str, str] = {}  # by model: the UTC day on which its prices were fetched
    day: str | None = None  # of the last refresh
    problem: str = ""  # why the file is not used, and what to do


class Book(NamedTuple):
    """All list prices. `models` is keyed by canonical id; unknown models are not in it."""

    models: Mapping[str, Model]
    batch: Rule  # multiplier
    us_geo: Rule  # multiplier
    web_search: Rule  # USD per search
    checked: str  # the newest day on which a bundled price was compared with its sources
    refreshed: Refreshed | None = None  # part of what it says is in `models`
