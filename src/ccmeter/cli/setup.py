"""ccmeter setup: what Claude Code's settings.json should say, written and taken back."""

import click

EXAMPLES = """\b
Examples:
  ccmeter setup                     put ccmeter into the status line of Claude Code
  ccmeter setup --dry-run           show what would be changed, and change nothing
  ccmeter setup --remove            put everything back as it was, and end the watcher
  ccmeter setup --otlp              print the settings with which Claude Code reports its calls
  ccmeter setup --otlp --write      write them as well
  ccmeter setup --service           start the watcher with the computer, not with Claude Code
"""


@click.command("setup", epilog=EXAMPLES)
@click.option(
    "--remove",
    is_flag=True,
    help="Put everything back as it was before, and end the watcher for good.",
)
@click.option("--dry-run", is_flag=True, help="Show the changes as a diff; write nothing.")
@click.option(
    "--otlp",
    "port",
    type=click.IntRange(1, 65535),
    is_flag=False,
    flag_value=14318,
    metavar="[PORT]",
    help="Print what makes Claude Code report its calls to ccmeter (default port: 14318).",
)
@click.option("--write", is_flag=True, help="With --otlp: write it, and let the watcher receive.")
@click.option("--service", is_flag=True, help="Write a systemd unit or a launchd agent.")
@click.option("--refresh", is_flag=True, help="Only renew the files that settings.json points to.")
def command(
    remove: bool, dry_run: bool, port: int | None, write: bool, service: bool, refresh: bool
) -> None:
    """Put ccmeter into the status line of Claude Code.

    A status line that is there already is kept and shown as well. Everything else in settings.json
    stays as it is, comments included; a copy of it is put into ccmeter's data folder first. Running
    sessions show the line within seconds.
    """
    from ccmeter.cli.service import set_up, take_back
    from ccmeter.errors import UsageError
    from ccmeter.paths import data_home
    from ccmeter.setup import actions, stable

    home = data_home()
    if write and port is None:
        raise UsageError("--write goes with --otlp.")
    if refresh:
        stable.refresh(home)
        return
    if port is not None and not write:
        click.echo(actions.telemetry_text(port))
        return
    if service and remove:
        take_back(home, dry_run=dry_run, quiet=False)
        return
    if service:
        set_up(home, dry_run=dry_run)
        _let_watch(home, dry_run=dry_run)
        return
    if remove:
        take_back(home, dry_run=dry_run, quiet=True)
        changes = actions.remove(home)
    elif port is not None:
        changes = actions.telemetry(home, port)
    else:
        changes = actions.statusline(home)
    for change in changes:
        click.echo(actions.diff(change) if dry_run else actions.carry_out(home, change))
    if not dry_run and (remove or port is not None):
        click.echo(actions.listening(home, port), nl=False)
    if remove:
        _end_watcher(home, dry_run=dry_run)
    else:
        _let_watch(home, dry_run=dry_run)


def _let_watch(home: str, *, dry_run: bool) -> None:
    """Who sets ccmeter up wants to have it metering."""
    from ccmeter.watch.wanted import allow, is_forbidden

    if not dry_run and is_forbidden(home):
        allow(home)
        click.echo("Sessions with the plugin start the watcher again.")


def _end_watcher(home: str, *, dry_run: bool) -> None:
    from contextlib import suppress

    from ccmeter.store.lock import NoLocksError
    from ccmeter.watch.instance import running, stop
    from ccmeter.watch.wanted import forbid

    would = "would be" if dry_run else "is"
    if not dry_run:
        forbid(home)  # first: a session may be about to start one
    with suppress(NoLocksError):  # where files cannot be locked none can run
        found = running(home) if dry_run else stop(home)
        if found is not None:
            click.echo(f"The watcher, process {found.pid}, {would} ended.")
    click.echo(
        f"Sessions that have the plugin {'would' if dry_run else 'will'} start none, until ccmeter"
        " setup or ccmeter watch --detach."
    )
