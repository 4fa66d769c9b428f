"""The picture of a session in the terminal: what each request read, wrote and left uncached."""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from decimal import Decimal

from rich.console import Console
from rich.text import Text

from ccmeter.cache.judge import Judged
from ccmeter.cache.tally import figures, tally
from ccmeter.cache.wording import gap
from ccmeter.render import units
from ccmeter.render.audit_alerts import print_session_alerts
from ccmeter.render.audit_words import priced
from ccmeter.render.column import Column
from ccmeter.render.lines import say
from ccmeter.render.screen import unicode_safe
from ccmeter.render.session_bars import (
    KIND_STYLES,
    READ,
    UNCACHED,
    WRITTEN,
    Bar,
    Marked,
    bars,
    cells,
    marks,
)
from ccmeter.render.table import table
from ccmeter.render.units import printable
from ccmeter.reports.audit import Audit

_HEIGHT = 8
_AXIS = 6  # characters of the scale
_LEGEND = 20  # rebuilds in it, the dearest
_GLYPHS = {True: {READ: "░", WRITTEN: "▓", UNCACHED: "█"},
           False: {READ: ".", WRITTEN: "#", UNCACHED: "@"}}  # fmt: skip
_STYLES = {READ: "bar", WRITTEN: "warning", UNCACHED: "alarm"}
_ZERO = Decimal()


def print_session(
    console: Console,
    audit: Audit,
    session: str,
    project: str,
    threads: Sequence[Sequence[Judged]],
) -> None:
    """Print the picture of the main thread, its rebuilds, a line for each agent, and the alerts."""
    if not threads:
        say(console, f"No requests of session {session} in this period.", "quiet")
        return
    zone = audit.period.zone
    main = [thread for thread in threads if not thread[0].step.agent]
    _head(console, session, project, threads, zone)
    for thread in main:
        _picture(console, thread, zone)
        _legend(console, marks(thread), zone)
    _agents(console, [thread for thread in threads if thread[0].step.agent])
    print_session_alerts(console, audit, session)


def _head(
    console: Console, session: str, project: str, threads: Sequence[Sequence[Judged]], zone: tzinfo
) -> None:
    every = [judged for thread in threads for judged in thread]
    first, last = (pick(j.step.start_ms for j in every) for pick in (min, max))
    console.print(Text.assemble(("session", "title"), f" {printable(session)}"), soft_wrap=True)
    about = [_moment(first, zone) + " – " + _moment(last, zone), units.tail(printable(project), 40)]
    about += sorted({j.step.version for j in every} | {j.step.model for j in every})
    say(console, " · ".join(part for part in about if part), "quiet")
    found = figures(tally(every))
    cost = priced(found.cost_usd, tally(every))
    listed = "no price is known" if cost is None else f"{units.usd(cost)} at list price"
    facts = [units.plural(found.requests, "request"), listed]
    if found.hit_ratio is not None:
        facts.append(f"{found.hit_ratio:.1%} read from the cache")
    if found.inflation_bug is not None and found.cost_usd:
        facts.append(f"{found.inflation_bug:.2f}x of what a healthy cache would have cost")
    say(console, ", ".join(facts) + ".")


def _picture(console: Console, thread: Sequence[Judged], zone: tzinfo) -> None:
    rows = bars(thread, console.width - _AXIS)
    top = max((bar.total for row in rows for bar in row), default=0.0) or 1.0
    glyphs = _GLYPHS[unicode_safe(console)]
    styles = {found.mark: _style(found) for found in marks(thread)}
    for row in rows:
        console.print()
        for line in _rows(row, top, glyphs):
            console.print(line, soft_wrap=True)
        line = Text(" " * _AXIS)
        for bar in row:
            line.append(bar.mark or " ", styles.get(bar.mark, ""))
        line.rstrip()
        console.print(line, soft_wrap=True)
        console.print(_times(row, zone, console.width), style="quiet", soft_wrap=True)
    for line in _key(glyphs, max(bar.requests for row in rows for bar in row), console.width):
        console.print(line, soft_wrap=True)


def _rows(row: Sequence[Bar], top: float, glyphs: dict[str, str]) -> list[Text]:
    filled = [cells(bar, top, _HEIGHT) for bar in row]
    lines = []
    for level in reversed(range(_HEIGHT)):
        scale = units.tokens(round(top)) if level == _HEIGHT - 1 else "0" if level == 0 else ""
        line = Text(scale.rjust(_AXIS - 1) + " ", "quiet")
        for column in filled:
            name = column[level]
            line.append(glyphs[name] if name else " ", _STYLES.get(name, ""))
        line.rstrip()
        lines.append(line)
    return lines


def _times(row: Sequence[Bar], zone: tzinfo, width: int) -> str:
    first, last = _moment(row[0].start_ms, zone), _moment(row[-1].start_ms, zone)
    room = min(len(row), width - _AXIS) - len(first)
    return " " * _AXIS + first + (last.rjust(room) if room > len(last) else "")


def _key(glyphs: dict[str, str], most: int, width: int) -> list[Text]:
    text = Text(" " * _AXIS)
    for name in (READ, WRITTEN, UNCACHED):
        text.append(glyphs[name] * 2, _STYLES[name])
        text.append(f" {name}  ", "quiet")
    together = "one column per request" if most == 1 else f"up to {most} requests in a column"
    if len(text) + len(together) > width:
        return [text, Text(" " * _AXIS + together, "quiet")]
    return [text.append(together, "quiet")]


def _style(found: Marked) -> str:
    cause = found.judged.cause
    return KIND_STYLES[cause.kind] if cause else ""


def _legend(console: Console, found: Sequence[Marked], zone: tzinfo) -> None:
    if not found:
        say(console, "No rebuilds.", "quiet")
        return
    dearest = sorted(found, key=_dearness, reverse=True)[:_LEGEND]
    shown = [one for one in found if one in dearest]
    judged = [one.judged for one in shown]
    names = [one.cause.name if one.cause else "" for one in judged]
    console.print()
    columns = [
        Column("", [one.mark for one in shown], styles=[_style(one) for one in shown]),
        Column("when", [_moment(one.step.start_ms, zone) for one in judged], keep=2),
        Column("cause", [name.replace("_", " ") for name in names]),
        Column("told by", [one.cause.evidence if one.cause else "" for one in judged], keep=4),
        Column("after", [gap(one.gap_ms) for one in judged], 3, right=True),
        Column("sent again", [units.tokens(one.lost_tokens) for one in judged], 1, right=True),
        Column("cost", [units.usd(one.excess_usd) for one in judged], 0, True, "money"),
    ]
    for line in table(columns, console.width):
        console.print(line, soft_wrap=True)
    if len(found) > len(shown):
        say(console, f"and {len(found) - len(shown)} smaller ones", "quiet")
    if any(one.mark.isupper() for one in found):
        say(console, "Capitals: without an ordinary cause.", "quiet")


def _dearness(found: Marked) -> tuple[bool, Decimal, int]:
    judged = found.judged
    return found.mark.isupper(), judged.excess_usd or _ZERO, judged.lost_tokens


def _agents(console: Console, threads: Sequence[Sequence[Judged]]) -> None:
    if not threads:
        return
    sums = [tally(thread) for thread in threads]
    ratios = [figures(one).hit_ratio for one in sums]
    console.print()
    console.print("Agents", style="title")
    columns = [
        Column("agent", [printable(thread[0].step.agent)[:20] for thread in threads]),
        Column("requests", [f"{one.requests:,}" for one in sums], 2, right=True),
        Column("hit", ["-" if r is None else f"{r:.1%}" for r in ratios], 1, right=True),
        Column("suspect", [f"{one.suspect.events:,}" for one in sums], 3, right=True),
        Column("lost", [units.usd(priced(one.suspect.usd, one)) for one in sums], 0, True, "money"),
        Column("cost", [units.usd(priced(one.cost_usd, one)) for one in sums], 0, True, "money"),
    ]
    for line in table(columns, console.width):
        console.print(line, soft_wrap=True)


def _moment(time_ms: int, zone: tzinfo) -> str:
    return f"{datetime.fromtimestamp(time_ms / 1000, UTC).astimezone(zone):%d %b %H:%M:%S}"
