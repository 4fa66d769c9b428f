"""Options that several commands share."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, tzinfo
from typing import Any

import click

from ccmeter.config import Config
from ccmeter.errors import UsageError
from ccmeter.reports.period import Period, last, parse_end

Command = Callable[..., Any]
DEFAULT_RANGE = "week"


def period_options(command: Command) -> Command:
    """Add --since, --until, --last and --timezone."""
    for option in (
        click.option("--timezone", metavar="ZONE", help="Time zone, such as Europe/Berlin."),
        click.option("--last", metavar="RANGE", help="week, month, all, or days such as 14d."),
        click.option("--until", metavar="DAY", help="Last day, as 2026-01-31 (default: today)."),
        click.option("--since", metavar="DAY", help="First day, as 2026-01-25."),
    ):
        command = option(command)
    return command


def filter_options(command: Command) -> Command:
    """Add --project, --model, --user and --session."""
    for option in (
        click.option("--session", metavar="ID", help="Only this session (the start of its id)."),
        click.option("--user", metavar="NAME", help="Only this user of config.toml."),
        click.option("--model", metavar="MODEL", help="Only this model (its id or a part)."),
        click.option("--project", metavar="PATH", help="Only this project (a path, or its name)."),
    ):
        command = option(command)
    return command


def chosen_format(options: Mapping[str, Any], formats: Iterable[str]) -> str | None:
    """Return the one of the formats that is asked for, or None. UsageError for several."""
    asked = [name for name in formats if options[f"as_{name}"]]
    if len(asked) > 1:
        raise UsageError(f"choose one of {' and '.join(f'--{name}' for name in asked)}.")
    return asked[0] if asked else None


def chosen_zone(name: str | None, config: Config) -> tuple[tzinfo, str]:
    """Return the time zone asked for, configured, or of this machine, and its name."""
    from ccmeter.zones import local_zone, zone

    wanted = name or config.timezone
    return (zone(wanted), wanted) if wanted else local_zone()


def chosen_period(
    since: str | None,
    until: str | None,
    range_: str | None,
    zone: tuple[tzinfo, str],
    ends: tuple[int, int] | None,
) -> Period:
    """Return the period that the options mean; without any, the last 7 days.

    `ends` are the times of the first and the last response, both of which `--last all` holds.
    """
    today = datetime.now(zone[0]).date()
    if range_ and (since or until):
        raise UsageError("--last says the whole period: leave out --since and --until.")
    if range_ or not (since or until):
        found = (_local_day(ends[0], zone[0]), _local_day(ends[1], zone[0])) if ends else None
        wanted = range_ or DEFAULT_RANGE
        return Period(*last(wanted, today, found), *zone, wanted)
    end = parse_end(until) if until else today
    start = parse_end(since) if since else last(DEFAULT_RANGE, end, None)[0]
    if start > end:
        raise UsageError(f"the period ends ({end}) before it begins ({start}).")
    return Period(start, end, *zone)


def _local_day(moment_ms: int, zone: tzinfo) -> date:
    return datetime.fromtimestamp(moment_ms / 1000, UTC).astimezone(zone).date()
