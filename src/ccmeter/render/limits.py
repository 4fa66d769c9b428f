"""Plan limits on a terminal, from 40 columns up."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from rich.console import Console
from rich.text import Text

from ccmeter.limits.calibrate import LEAST, NEEDED
from ccmeter.limits.pace import BY_LIST, Pace
from ccmeter.limits.samples import FIVE_HOUR, SEVEN_DAY, WHOLE, Window
from ccmeter.render import units
from ccmeter.render.column import Column
from ccmeter.render.limit_weeks import week_table
from ccmeter.render.limit_words import (
    amount,
    duration,
    interval,
    kind_name,
    local,
    percent,
    when,
    whole_percent,
)
from ccmeter.render.lines import say
from ccmeter.render.screen import bar, unicode_safe
from ccmeter.render.table import print_table, print_title
from ccmeter.reports.limit_worth import Fit
from ccmeter.reports.limits import Current, LimitsReport, UserLimits
from ccmeter.reports.warnings import Warning

_SPANS = {FIVE_HOUR: "30 minutes", SEVEN_DAY: "24 hours"}  # that a pace looks back on
_NEARLY = 8_000  # hundredths of a percent
_WIDEST_BAR = 48
_WIDE = 72  # columns
_TELLING = 5  # windows from which on it is said that cache reads weigh less
_CAVEATS = (
    "Measured, not official: how the percentages rose against the list cost of what the transcripts"
    " of this machine hold, without fast mode, which is billed apart. Use elsewhere (other devices,"
    " claude.ai) and calls that no transcript holds fill the windows as well, so 100% is rather"
    " worth more than this."
)
_NOTHING = (
    "No percentages have been seen yet.",
    "Claude Code tells the official percentages of the 5-hour and 7-day limits to its status line"
    " alone: from 2.1.80 on, to subscribers, after the first answer of a session in a terminal."
    " ccmeter's status line writes them down; after a few windows it is known what 100% is worth.",
    "To install it: ccmeter setup",
)


def print_nothing(console: Console, warnings: Sequence[Warning]) -> None:
    """Say why there is nothing, or how to get percentages."""
    for warning in warnings:
        say(console, warning.message, warning.level, "! ", "  ")
    if warnings:
        return
    for number, text in enumerate(_NOTHING):
        if number:
            console.print()
        say(console, text)


def print_limits(console: Console, report: LimitsReport) -> None:
    """Print where the windows stand, what 100% is worth, and a row per week."""
    now = local(report.now_ms, report.zone)
    head = Text.assemble(("Plan limits", "title"), f"  {units.day(now.date())} {now:%H:%M}")
    console.print(head + Text(f"  ({report.zone_name})", "quiet"))
    for user in report.users:
        console.print()
        if len(report.users) > 1:
            say(console, user.user, "title")
        _print_user(console, report, user)
    console.print()
    say(console, _CAVEATS, "quiet")


def _print_user(console: Console, report: LimitsReport, user: UserLimits) -> None:
    column = max(len(kind_name(current.window.kind)) for current in user.current)
    for current in user.current:
        _print_current(console, report, current, column)
    if user.fits:
        print_title(console, "What 100% is worth at list price")
        print_table(console, _fit_table(console, report, user))
    for text in (*_lacking(user.fits), *_about_reads(user.fits)):
        say(console, text, "quiet", first="  ", rest="  ")
    print_title(console, "By week")
    print_table(console, week_table(user.weeks, console.width))


def _print_current(console: Console, report: LimitsReport, current: Current, column: int) -> None:
    window, used = current.window, current.window.last.used
    name = kind_name(window.kind).ljust(column)
    indent = " " * (column + 4)
    if not current.is_open:
        reset = when(window.resets_ms, report)
        text = f"{name}  reset {reset}, not seen since; it had come to {percent(used)}"
        say(console, text, "quiet", first="  ", rest=indent)
        return
    width = max(12, min(_WIDEST_BAR, console.width - column - 15))
    drawn = bar(min(1.0, used / WHOLE), width, unicode_safe(console))
    style = "alarm" if used >= WHOLE else "warning" if used >= _NEARLY else "bar"
    track = ("·" if unicode_safe(console) else ".") * (width - len(drawn))
    line = Text.assemble(f"  {name}  ", (drawn, style), (track, "quiet"), f"  {percent(used)}")
    console.print(line, soft_wrap=True)
    say(console, "; ".join(_facts(report, current)), "quiet", first=indent, rest=indent)


def _facts(report: LimitsReport, current: Current) -> Iterator[str]:
    """When it is reset, how old the percentage is, and where it goes."""
    window, now = current.window, report.now_ms
    yield f"resets {when(window.resets_ms, report)}, in {duration(window.resets_ms - now)}"
    yield f"seen {duration(now - window.last.last_ms)} ago"
    if current.pace:
        yield _pace(report, window, current.pace)


def _pace(report: LimitsReport, window: Window, pace: Pace) -> str:
    spent = whole_percent(pace.used)
    is_news = pace.basis == BY_LIST and spent != whole_percent(window.last.used)
    known = f"about {spent} by now; " if is_news else ""
    if pace.used >= WHOLE:
        return "used up"
    if not pace.per_hour:
        return f"{known}not in use for {_SPANS[window.kind]}"
    like_this = f"{known}going on as in the last {_SPANS[window.kind]} it"
    if pace.runs_out_ms is None:
        return f"{like_this} comes to {whole_percent(pace.at_reset)} at the reset"
    early = duration(window.resets_ms - pace.runs_out_ms)
    return f"{like_this} is used up {when(pace.runs_out_ms, report)}, {early} before the reset"


def _fit_table(console: Console, report: LimitsReport, user: UserLimits) -> list[Column]:
    """A row per kind for today, and one for every time before a change of the limit."""
    fits = sorted(user.fits, key=lambda fit: (fit.kind, fit.until_ms is not None))
    styles = ["" if fit.until_ms is None else "quiet" for fit in fits]
    rows = [_fit_cells(report, fit) for fit in fits]
    names, worth, between, windows, off = map(list, zip(*rows, strict=True))
    columns = [
        Column("", names, styles=styles),
        Column("100% ≈", worth, 0, True, styles),
        Column("95% between", between, 1, True, styles),
        Column("windows", windows, 2, True, styles),
    ]
    if console.width >= _WIDE:
        columns.append(Column("each off by", off, 3, True, styles))
    return columns


def _fit_cells(report: LimitsReport, fit: Fit) -> tuple[str, ...]:
    name = kind_name(fit.kind)
    if fit.until_ms is not None:
        name += f" before {units.day(local(fit.until_ms, report.zone).date())[4:].lstrip()}"
    if fit.worth is None:
        return name, "not yet", "", f"{fit.windows} of {NEEDED}", ""
    mid, between = amount(fit.worth.mid), interval(fit.worth)
    return name, mid, between, str(fit.windows), _share(fit.worth.spread)


def _share(part: Decimal) -> str:
    return "<1%" if part < Decimal("0.01") else f"{100 * part:.0f}%"


def _lacking(fits: Sequence[Fit]) -> Iterator[str]:
    if any(fit.worth is None and fit.until_ms is None for fit in fits):
        yield (
            f"Not enough data yet: {NEEDED} windows are needed that were seen to rise by"
            f" {LEAST // 100} points or more while something was spent here."
        )


def _about_reads(fits: Sequence[Fit]) -> Iterator[str]:
    """Whether the windows agree better when cache reads count for nothing."""
    for fit in fits:
        free = fit.spread_without_reads
        if fit.worth is None or free is None or fit.windows < _TELLING or fit.until_ms is not None:
            continue
        if free * 2 < fit.worth.spread:
            off = f"off by {_share(free)} instead of {_share(fit.worth.spread)}"
            yield (
                f"Without cache reads the windows of {kind_name(fit.kind)} agree better ({off}):"
                " reads seem to count for less than their price."
            )
