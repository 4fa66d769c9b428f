"""Numbers, money, times and paths as people read them."""

import re
from datetime import date
from decimal import Decimal

_STEPS = ((10**9, "B"), (10**6, "M"), (10**3, "k"))
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def usd(amount: Decimal | None) -> str:
    """Money to the cent; an unknown price is a dash, never $0.00."""
    if amount is None:
        return "-"
    if 0 < amount < Decimal("0.01"):
        return "<$0.01"
    return f"-${-amount:,.2f}" if amount < 0 else f"${amount:,.2f}"


def dollars(amount: Decimal | None) -> str:
    """Money to the dollar, for tables that compare large amounts."""
    return usd(amount if amount is None else amount.quantize(1)).removesuffix(".00")


def tokens(count: int) -> str:
    """A count in three digits: 950, 1.2k, 34.5M, 1.02B."""
    for size, unit in _STEPS:
        if count >= size * 0.9995:
            value = count / size
            digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
            return f"{value:.{digits}f}{unit}"
    return str(count)


def share(part: Decimal | int, whole: Decimal | int) -> str:
    """A percentage; a dash when there is no whole."""
    if not whole:
        return "-"
    value = 100 * float(part) / float(whole)
    return "<0.1%" if 0 < value < 0.1 else f"{value:.1f}%"


def day(value: date) -> str:
    """A day in the short form of report rows: Mon 17 Nov."""
    return f"{value:%a} {value.day:2d} {value:%b}"


def days(since: date, until: date) -> str:
    """A range of days, without saying twice what both ends share."""
    end = f"{until.day} {until:%b %Y}"
    if since == until:
        return end
    if (since.year, since.month) == (until.year, until.month):
        return f"{since.day}–{end}"
    start = f"{since.day} {since:%b}"
    return f"{start} – {end}" if since.year == until.year else f"{start} {since.year} – {end}"


def printable(text: str) -> str:
    """Return the text without the control characters that a path or name may hold."""
    return _CONTROLS.sub("?", text)


def tail(text: str, width: int) -> str:
    """The end of a path that fits the width: the end is what tells paths apart."""
    if len(text) <= width:
        return text
    cut = text[len(text) - width + 1 :]
    slash = cut.find("/")
    return "…" + (cut[slash:] if 0 <= slash < len(cut) // 2 else cut)


def plural(count: int, noun: str) -> str:
    """A count with its noun: 1 session, 2 sessions."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
