"""What `prices refresh` has to say, on a terminal and as JSON."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console

from ccmeter.pricing.fetched import SOURCE, tariffs
from ccmeter.pricing.price import Rates
from ccmeter.render.lines import say
from ccmeter.render.numbers import SCHEMA, dump
from ccmeter.render.prices import amounts, print_columns
from ccmeter.render.prices_json import difference_json, price_json
from ccmeter.render.units import printable
from ccmeter.reports.price_refresh import CHANGED, KEPT, NEW, Difference, Fetched, Outcome

_HEAD = ("model", "input", "output", "read", "w 5m", "w 1h")
_STATES = {NEW: "", CHANGED: " (changed)", KEPT: " (kept)"}
_NONE = ("-",) * 5


def print_outcome(console: Console, found: Outcome, address: str, *, written: bool) -> None:
    """Print what was fetched and from where, which models are new, and where the source differs."""
    say(console, f"Prices on {found.refreshed.day} from {SOURCE}", "title")
    say(console, address, "quiet", "  ", "  ")
    if not written:
        say(console, "Nothing is kept of it (--dry-run).", "quiet", "  ", "  ")
    console.print()
    if found.fetched:
        _print_fetched(console, found.fetched)
    else:
        say(console, "Every Claude model of the source has a bundled price (compared:"
            f" {found.source_models}): there is nothing to add.")  # fmt: skip
    for left in found.left:
        say(console, f"left out: {left.why}", "quiet", "  ", "    ")
    if found.differing:
        console.print()
        print_differing(console, found.differing)


def _print_fetched(console: Console, fetched: Sequence[Fetched]) -> None:
    say(console, "Models that ccmeter had no price of, USD per million tokens:")
    print_fetched(console, [(f"{each.model.id}{_STATES.get(each.state, '')}", each.price)
                            for each in fetched])  # fmt: skip
    for each in fetched:
        if each.price.note:
            say(console, f"{each.model.id}: {each.price.note}", "quiet", "  ", "    ")
        if each.own:
            say(console, f"{each.model.id}: your own price goes before it.", "quiet", "  ", "    ")
    if any(each.state == KEPT for each in fetched):
        say(console, "kept: the source has it no more, and what it was used for did cost that",
            "quiet", "  ", "    ")  # fmt: skip
    say(console, "They are compared with no other source. To forget them: ccmeter prices refresh"
        " --remove", "quiet", "  ", "    ")  # fmt: skip


def print_fetched(console: Console, found: Sequence[tuple[str, Any]]) -> None:
    """Print a table of fetched prices, each under its name."""
    rows: list[tuple[str, ...]] = [_HEAD]
    for name, price in found:
        for which, rates in tariffs(price):
            first = printable(name) if which == "standard" else f"  {which}"
            rows.append((first, *amounts(rates)))
    print_columns(console, rows, "  ")


def print_differing(console: Console, found: Sequence[Difference]) -> None:
    """Print where the source has another price than the bundled table, which stays in force."""
    say(console, "Where the source differs today from the bundled price, which stays in force:")
    rows: list[tuple[str, ...]] = [_HEAD]
    for each in found:
        which = "" if each.which == "standard" else f", {each.which}"
        rows += [
            (f"{printable(each.model)}{which}", *_cells(each.bundled)),
            ("  in the source", *_cells(each.source)),
        ]
    print_columns(console, rows, "  ")


def _cells(rates: Rates | None) -> tuple[str, ...]:
    return _NONE if rates is None else amounts(rates)


def outcome_json(found: Outcome, address: str, time: str, *, written: bool) -> str:
    """Return the same as one JSON document."""
    return dump(
        {
            "schema": SCHEMA,
            "source": SOURCE,
            "address": address,
            "fetched": time,
            "written": written,
            "models": [
                {
                    "model": each.model.id,
                    "state": each.state,
                    "own_price_goes_before": each.own,
                    "prices": [price_json(price) for price in each.model.prices],
                }
                for each in found.fetched
            ],
            "differing": [difference_json(each) for each in found.differing],
            "left_out": [left._asdict() for left in found.left],
        }
    )
