"""Figures as the line shows them: short, and never more certain than they are."""

import time

DAY_S = 86_400


def dollars(amount: float) -> str:
    """Return an amount of USD, with cents where they matter."""
    if 0 < amount < 0.005:
        return "<$0.01"
    return f"${amount:,.2f}" if amount < 100 else f"${amount:,.0f}"


def percent(share: float) -> str:
    """Return a percentage; what is not full yet is never shown as 100 %."""
    return "<1%" if 0 < share < 1 else f"{int(share)}%"


def tokens(count: float) -> str:
    """Return a number of tokens in thousands or millions."""
    if count < 1000:
        return f"{int(count)}"
    return f"{count / 1000:.0f}k" if count < 999_500 else f"{count / 1_000_000:.1f}M"


def clock(moment_s: float, now_s: float) -> str:
    """Return a local time of day, with the day where it is not within a day; "" beyond a year."""
    if abs(moment_s - now_s) > 366 * DAY_S:
        return ""
    form = "%H:%M" if abs(moment_s - now_s) < DAY_S else "%a %H:%M"
    if abs(moment_s - now_s) >= 7 * DAY_S:
        form = "%d %b"
    return time.strftime(form, time.localtime(moment_s))
