"""What a page says about itself: of what it is, how it was made, and how the estimate works."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from ccmeter.pricing.scenario import SCENARIOS, Assumptions, Scenario
from ccmeter.render import html_table, units
from ccmeter.render.column import Column
from ccmeter.render.html_text import Html, join, name, tag
from ccmeter.reports.asked import Filters

_FILTERS = ("project", "model", "user", "session")
_LIST = (
    "List price is what the API asks; it is not what serving costs. So the same tokens are priced"
    " three times more, as if an open-weight model of a comparable class, which several hosts"
    " compete to sell, had served them. Nobody has published what Claude models cost to serve:"
    " the answer is an interval, and no class of tokens costs more than its list price."
)


class About(NamedTuple):
    """What a report does not know of itself."""

    filters: Filters
    tier: str | None  # that stands in for the configured plans
    is_demo: bool
    assumptions: Assumptions
    made: datetime
    version: str
    roots: Sequence[str] | None  # where nothing was found at all


def scope(about: About) -> Html:
    """Return what a reader must know who did not ask for the report: which part of all it is."""
    asked = about.filters._asdict()
    parts = [join(key, " ", name(asked[key])) for key in _FILTERS if asked[key]]
    lines = []
    if about.is_demo:
        lines.append(tag("p", "Everything on this page is made up, to show what a report looks"
                              " like.", class_="scope"))  # fmt: skip
    if parts:
        lines.append(tag("p", "Only ", _listed(parts), ".", class_="scope"))
    if about.tier:
        lines.append(tag("p", "Compared with the plan ", name(about.tier),
                         ", whatever was paid.", class_="scope"))  # fmt: skip
    return join(*lines)


def _listed(parts: Sequence[Html]) -> Html:
    commas = [part for each in parts[:-1] for part in (each, ", ")][:-1]
    return join(*commas, " and ", parts[-1]) if commas else parts[-1]


def origin(about: About) -> Html:
    """Return when the page was made, and by what."""
    made = about.made
    when = tag("time", f"{made.day} {made:%b %Y, %H:%M} ({_zone(made)})",
               datetime=made.isoformat(timespec="minutes"))  # fmt: skip
    words = ". No text of a session is on it: only counts, names, ids, versions, times and paths."
    return tag("p", f"Made by ccmeter {about.version} on ", when, words)


def _zone(made: datetime) -> str:
    offset = made.strftime("%z")
    return "UTC" if offset == "+0000" else f"UTC{offset[:3]}:{offset[3:5]}"


def estimate(about: About, scenario: str) -> Html:
    """Return how the cost to serve comes about: who stands for whom, and what is assumed."""
    found = about.assumptions
    shown = [found.scenarios[one] for one in dict.fromkeys((*SCENARIOS, scenario))]
    table = html_table.table(
        _proxies(found, shown), "Which open-weight model stands for which class of Claude models"
    )
    named = (
        tag("div", tag("dt", f"{each.id} {each.name}"), tag("dd", each.what))
        for each in found.named.values()
    )
    return join(
        tag("p", _LIST),
        tag("div", table, class_="scroll"),
        tag("h3", "What is assumed"),
        tag("dl", *named, class_="assumed"),
        *_own(found),
        tag("p", f"Prices of the hosts were checked on {found.checked}. Class by class, with"
                 " sources: ccmeter prices explain MODEL", class_="quiet"),
    )  # fmt: skip


def _own(found: Assumptions) -> Iterator[Html]:
    if found.own:
        keys = join(*(part for key in found.own for part in (", ", name(key))))
        yield tag("p", "Changed in config.toml: ", Html(keys.removeprefix(", ")), ".")


def _proxies(found: Assumptions, shown: Sequence[Scenario]) -> list[Column]:
    classes = list(shown[0].classes)
    rows = [*classes, *found.scaled]
    return [
        Column("class", [row.replace("-", " ") for row in rows]),
        *(
            Column(each.name, [_proxy(found, each, row) for row in rows])
            for each in shown
        ),
    ]  # fmt: skip


def _proxy(found: Assumptions, scenario: Scenario, kind: str) -> str:
    if scenario.ratio is not None:
        return f"{units.share(scenario.ratio, 1)} of list price"
    if kind in found.scaled:
        return f"{_times(scenario.sizes[kind])} {found.scaled[kind].base}"
    basis = scenario.classes[kind]
    return f"{basis.proxy.model}{', with rates of your own' if basis.own else ''}"


def _times(size: Decimal) -> str:
    return f"{size.normalize():f} x"
