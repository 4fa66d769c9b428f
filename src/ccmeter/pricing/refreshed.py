"""The file of fetched prices in the data folder: ccmeter's own shape, never the download itself.

Models with a bundled price are in it, too: they are compared with it, and never counted with.
"""

import json
import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ccmeter.errors import CcmeterError, UnwritableError
from ccmeter.paths import ensure_home, refreshed_path
from ccmeter.pricing.fetched import SOURCE, fetched_model
from ccmeter.pricing.price import LongContext, Model, Price, Rates, Refreshed, Tariff
from ccmeter.pricing.tables import ALWAYS, RATE_KEYS, read_day
from ccmeter.settings.atomic import replacing

FORMAT = 1  # of the file; another one is not read
_LARGEST = 1 << 20  # bytes; thirty models take 15 kB


def read_refreshed(path: str) -> Refreshed:
    """Return what the file holds; if it cannot be used, no models and why."""
    try:
        with open(path, "rb") as file:
            return _refreshed(_parsed(file.read(_LARGEST + 1)))
    except OSError as error:
        why = f"it cannot be read ({error.strerror})"
    except CcmeterError as error:
        why = str(error)
    return Refreshed(
        problem=f"{path} is not used, so models that only it knows have no price: {why}."
        " Fetch it anew: ccmeter prices refresh"
    )


def _parsed(data: bytes) -> Mapping[str, Any]:
    if len(data) > _LARGEST:
        raise CcmeterError("it is larger than ccmeter writes it")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise CcmeterError("it is damaged") from error
    if not isinstance(found, Mapping):
        raise CcmeterError("it is damaged")
    if found.get("format") != FORMAT:
        raise CcmeterError("another version of ccmeter wrote it")
    return found


def _refreshed(raw: Mapping[str, Any]) -> Refreshed:
    tables = raw.get("models")
    if not isinstance(tables, Mapping):
        raise CcmeterError("it holds no models")
    models, days = {}, {}
    for name, about in tables.items():
        if not isinstance(about, Mapping):
            raise CcmeterError(f"{name!r} is damaged")
        days[name] = read_day(about.get("fetched"), f"{name}.fetched")
        models[name] = fetched_model(name, about.get("prices"), name, days[name])
    return Refreshed(models, days, read_day(str(raw.get("fetched"))[:10], "fetched"))


def write_refreshed(home: str, found: Refreshed, now: datetime) -> None:
    """Put the file into the data folder, in the place of an older one; for the user alone.

    CcmeterError when the folder cannot be written into; the older file stands then.
    """
    data = {
        "format": FORMAT,
        "source": SOURCE,
        "fetched": now.isoformat(timespec="seconds"),
        "models": {
            name: {"fetched": found.days[name], "prices": [_written(p) for p in model.prices]}
            for name, model in sorted(found.models.items())
        },
    }
    try:
        ensure_home(home)
        with replacing(refreshed_path(home)) as file:
            file.write(json.dumps(data, indent=1).encode() + b"\n")
    except OSError as error:
        raise UnwritableError(home, error) from error


def remove_refreshed(home: str) -> bool:
    """Remove the file; whether there was one."""
    try:
        os.remove(refreshed_path(home))
    except FileNotFoundError:
        return False
    except OSError as error:
        raise UnwritableError(home, error) from error
    return True


def _written(price: Price) -> Mapping[str, object]:
    """The table that `read_prices` reads as this price; amounts are text: none is rounded."""
    return {
        **({} if price.start == ALWAYS else {"from": price.start}),
        **({"note": price.note} if price.note else {}),
        **_tariff(price.standard),
        **({"fast": _tariff(price.fast)} if price.fast else {}),
    }


def _tariff(tariff: Tariff) -> dict[str, object]:
    long = tariff.long_context
    return {**_rates(tariff.rates), **({"long_context": _long(long)} if long else {})}


def _long(long: LongContext) -> dict[str, object]:
    return {"threshold_tokens": long.threshold_tokens, **_rates(long.rates)}


def _rates(rates: Rates) -> dict[str, object]:
    return {key: f"{rate.normalize():f}" for key, rate in zip(RATE_KEYS, rates, strict=True)}


def renewed(old: Refreshed | None, models: Mapping[str, Model], day: str) -> Refreshed:
    """Return what is to be kept: what the source says now, and models that it has left out since.

    A list may drop a model that is not served any more; what it was used for has not changed.
    """
    kept = {} if old is None else old.models
    days = {} if old is None else old.days
    return Refreshed({**kept, **models}, {**days, **dict.fromkeys(models, day)}, day)
