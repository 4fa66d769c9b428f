"""What the usage is worth, as bars of one scale: list price, cost to serve, what was paid."""

from collections.abc import Iterator
from decimal import Decimal

from ccmeter.pricing.plan import LIST
from ccmeter.render import units
from ccmeter.render.html_text import Html, tag
from ccmeter.reports.overview import Report

_HEIGHT = 14


def worth_picture(report: Report) -> Html:
    """Return the bars, each below its words; the table beside it tells the scenarios."""
    paid = _paid(report)
    top = max(report.totals.list_cost, *report.totals.compute, paid or Decimal())
    return tag("div", *_bars(report, paid, top), class_="worth")


def _bars(report: Report, paid: Decimal | None, top: Decimal) -> Iterator[Html]:
    amount, (low, mid, high) = report.totals.list_cost, report.totals.compute
    yield _bar("list price", units.usd(amount), _rect(Decimal(), amount, top, "worth-list"))
    middle = _percent(mid, top)
    yield _bar(
        "cost to serve",
        f"{units.usd(low)} to {units.usd(high)}, {units.usd(mid)} in the middle scenario",
        _rect(low, high, top, "worth-serve"),
        tag("line", x1=middle, x2=middle, y1=0, y2=_HEIGHT, class_="worth-middle"),
    )
    if paid is not None:
        yield _bar("paid", units.usd(paid), _rect(Decimal(), paid, top, "worth-paid"))


def _paid(report: Report) -> Decimal | None:
    """The price of the plan of the one user; who pays list price needs no second bar."""
    if len(report.users) != 1 or not report.standings:
        return None
    result = report.standings[0].result
    return None if result.billing == LIST else result.price_usd


def _bar(words: str, amount: str, *shapes: Html) -> Html:
    about = tag("p", tag("span", words), " ", tag("strong", amount))
    back = tag("rect", width="100%", height=_HEIGHT, rx=3, class_="worth-back")
    picture = tag("svg", back, *shapes, width="100%", height=_HEIGHT, aria_hidden="true")
    return tag("div", about, picture)


def _rect(start: Decimal, end: Decimal, top: Decimal, class_: str) -> Html:
    return tag("rect", x=_percent(start, top), width=_percent(end - start, top), height=_HEIGHT,
               rx=3, class_=class_)  # fmt: skip


def _percent(amount: Decimal, top: Decimal) -> str:
    return f"{float(100 * amount / top):.3f}%"
