"""The output that unfinished responses hide: estimated, shown apart, never a fact."""

import os
import sqlite3
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from ccmeter.cache.releases import order
from ccmeter.model import Usage
from ccmeter.pricing.names import canonical
from ccmeter.store.estimates import Unfinished, load_unfinished
from ccmeter.store.read import Slice, typical_prompt

_FILE = os.path.join(os.path.dirname(__file__), "estimator.toml")


class Fit(NamedTuple):
    """Output tokens for each byte or call that the lines of a response show."""

    text: Decimal
    tool_input: Decimal
    tool_use: Decimal
    signature: Decimal
    base: Decimal


class Fits(NamedTuple):
    """The fits by canonical model id, with where they come from."""

    models: Mapping[str, Fit]
    first_version: tuple[int, ...]  # of the client
    source: str
    checked: str


@cache
def load_fits() -> Fits:
    """Return the bundled fits (estimator.toml)."""
    with open(_FILE, encoding="utf-8") as file:
        raw = tomllib.loads(file.read(), parse_float=Decimal)
    models = {
        model: Fit(*(Decimal(group[name]) for name in Fit._fields))
        for group in raw["groups"]
        for model in (*group["fitted"], *group["assumed"])
    }
    return Fits(models, order(raw["first_version"]), raw["source"], raw["checked"].isoformat())


@cache
def _fit(model: str, version: str) -> Fit | None:
    fits = load_fits()
    known = order(version) >= fits.first_version
    return fits.models.get(canonical(model)) if known else None


def missing_output(response: Unfinished) -> int:
    """Return how many tokens of output the lines leave out; 0 where no fit is for it."""
    fit = _fit(response.slice.terms.model, response.slice.who.version)
    if fit is None:
        return 0
    estimate = (
        fit.text * response.text_bytes
        + fit.tool_input * response.input_bytes
        + fit.tool_use * response.tool_uses
        + fit.signature * response.signature_bytes
        + fit.base
    )
    return max(0, round(estimate) - response.output_tokens)


def load_missing(
    connection: sqlite3.Connection,
    stretches: Iterable[tuple[int, int, int]],
    thresholds: Sequence[int],
    *,
    counted: bool,
) -> list[Slice]:
    """Return the estimated output of the unfinished responses in the stretches.

    `thresholds` are as in `load_slices`. The slices hold no responses, so they add to the sums of
    those they belong to. They hold usage only when the estimate is to be `counted`.
    """
    sums: Counter[Slice] = Counter()
    for response in load_unfinished(connection, stretches):
        prompt = typical_prompt(response.slice.prompt_tokens, thresholds)
        sums[response.slice._replace(prompt_tokens=prompt)] += missing_output(response)
    return [
        piece._replace(missing_output=count, usage=Usage(output_tokens=count if counted else 0))
        for piece, count in sums.items()
        if count
    ]
