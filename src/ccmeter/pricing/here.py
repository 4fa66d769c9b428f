"""The price book of a data folder: bundled, fetched, and the user's own prices together."""

import os
from collections.abc import Mapping
from typing import Any

from ccmeter.paths import refreshed_path
from ccmeter.pricing.book import Book, Refreshed, load_book


def book_of(home: str, own: Mapping[str, Any] | None) -> Book:
    """Return the prices in force; `own` is the [prices] table of config.toml.

    Every command takes its book from here, so that all judge a history by the same prices.

    Raises:
        CcmeterError: One of the user's prices is wrong; the message names the key.
    """
    return load_book(own, refreshed_in(home))


def refreshed_in(home: str) -> Refreshed | None:
    """Return what `ccmeter prices refresh` left in the data folder, None where there is nothing."""
    path = refreshed_path(home)
    if not os.path.exists(path):
        return None
    from ccmeter.pricing.refreshed import read_refreshed  # most people have no such file

    return read_refreshed(path)
