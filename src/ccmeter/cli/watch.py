"""ccmeter watch: the background watcher, and a live view of what it stores."""

import os
import sys
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from ccmeter.watch.loop import Options

EXAMPLES = """\b
Examples:
  ccmeter watch --detach     in the background, until nothing was used for long
  ccmeter watch --live       see what happens, as it happens; q ends it
  ccmeter watch --status     which watcher runs, and what it said last
  ccmeter watch --otlp       receive what Claude Code reports of its calls as well
"""
_PORT = 14318  # that of ccmeter.otlp, which is not loaded to show a help


@click.command(
    "watch",
    epilog=EXAMPLES,
    short_help="Read new lines as they come, in the background or --live.",
)
@click.option("--live", is_flag=True, help="Show today, the burn rate and limits as they change.")
@click.option(
    "--detach",
    is_flag=True,
    help="Run in the background, unless a watcher runs there; options replace that one.",
)
@click.option(
    "--unless-removed", is_flag=True, help="With --detach: not after ccmeter setup --remove."
)
@click.option("--status", is_flag=True, help="Say which watcher runs; exit with 1 if none does.")
@click.option("--stop", is_flag=True, help="End the watcher that runs.")
@click.option("--poll", is_flag=True, help="Look often instead of relying on file system events.")
@click.option("--forever", is_flag=True, help="Do not end after watch_idle_minutes without use.")
@click.option(
    "--otlp",
    type=click.IntRange(1, 65535),
    is_flag=False,
    flag_value=_PORT,
    metavar="[PORT]",
    help=f"Receive the client's own reports of its calls (port {_PORT}).",
)
def command(
    live: bool,
    detach: bool,
    unless_removed: bool,
    status: bool,
    stop: bool,
    poll: bool,
    forever: bool,
    otlp: int | None,
) -> int:
    """Read new transcript lines within moments, and keep what the status line shows ready.

    Runs in the foreground until Ctrl-C. One watcher runs per data folder; reports and other
    commands may be used meanwhile.
    """
    from ccmeter.errors import UsageError
    from ccmeter.paths import data_home
    from ccmeter.watch.loop import Options

    if live + detach + status + stop > 1:
        raise UsageError("use one of --live, --detach, --status and --stop.")
    home, options = data_home(), Options(poll, forever, otlp)
    if unless_removed and (not detach or options != Options()):
        raise UsageError("--unless-removed goes with --detach alone.")
    if status:
        return _status(home)
    if stop:
        return _stop(home)
    if detach:
        return _detach_for_session(home) if unless_removed else _detach(home, options)
    if live:
        from ccmeter.cli.live import show_live

        return show_live(options)
    _foreground(home, options)


def _status(home: str) -> int:
    from ccmeter.errors import CcmeterError
    from ccmeter.watch.instance import running
    from ccmeter.watch.log import last_line

    found = running(home)
    if found is None:
        raise CcmeterError("no watcher runs. Start one with: ccmeter watch --detach")
    if found.pid:
        how = "looks often at every transcript" if found.mode == "poll" else "is told of changes"
        click.echo(
            f"watcher: process {found.pid}, ccmeter {found.version}, since {found.started}; {how}"
        )
        for folder in found.folders:
            click.echo(f"reads {_described(folder)}")
    else:
        click.echo("a watcher runs; which process it is cannot be told")
    click.echo(f"last: {last_line(home)}")
    return 0


def _described(folder: str) -> str:
    """The Claude folder as text, and whether there is anything to read in it."""
    name = "".join(char if char.isprintable() else "?" for char in folder)
    there = os.path.isdir(os.path.join(folder, "projects"))
    return name if there else f"{name}, which has no projects/ yet"


def _stop(home: str) -> int:
    from ccmeter.watch.instance import stop

    found = stop(home)
    click.echo("no watcher runs" if found is None else f"watcher ended: process {found.pid}")
    return 0


def _detach(home: str, options: "Options") -> int:
    from ccmeter.watch.detach import detach
    from ccmeter.watch.loop import Options
    from ccmeter.watch.wanted import allow

    allow(home)  # it is asked for
    # one that runs without these options would go on without them
    found, new = detach(home, options, anew=options != Options())
    click.echo(f"watcher {'started' if new else 'runs already'}: process {found.pid}")
    return 0


def _detach_for_session(home: str) -> int:
    from ccmeter.watch.detach import detach_unless_removed

    found = detach_unless_removed(home)
    click.echo(f"process {found.pid} runs" if found else "none starts after ccmeter setup --remove")
    return 0


def _foreground(home: str, options: "Options") -> NoReturn:
    """Go on as a fresh process: hours of watching should not hold what a command has loaded."""
    from ccmeter.watch.child import environment
    from ccmeter.watch.detach import fresh

    sys.stdout.flush()
    command = fresh(options)
    os.execve(command[0], command, environment(home))
